// Package failover proves that Routecard goes on when a PostgreSQL primary or a Routecard dies under load, and that
// nothing which was acknowledged is lost or made twice. `make test-failover` runs it.
package failover
