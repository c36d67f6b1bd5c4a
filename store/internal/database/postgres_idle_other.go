//go:build !unix

package database

import "net"

// isIdle reports whether a connection is open and has nothing to read. This system cannot tell without a wait.
func isIdle(net.Conn) bool { return true }
