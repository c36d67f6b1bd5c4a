// Package soak works Routecard for minutes with everything that clients do, and watches that it takes no more memory and
// no more goroutines than it did at first. `make soak` runs it, for five minutes unless ROUTECARD_SOAK says otherwise.
package soak
