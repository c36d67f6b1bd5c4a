//go:build unix

package database

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
)

// isIdle reports whether a connection is open and has nothing to read, without a round trip. PostgreSQL sends a message before
// it closes a connection, so a connection with something to read is not used.
func isIdle(connection net.Conn) bool {
	if encrypted, ok := connection.(*tls.Conn); ok {
		connection = encrypted.NetConn()
	}
	socket, ok := connection.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	idle := false
	// Not by Read, which waits for a read of pgx in the background. After a slow write, pgx can be waiting for the next message.
	err = raw.Control(func(fd uintptr) {
		var next [1]byte
		_, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		idle = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && idle
}
