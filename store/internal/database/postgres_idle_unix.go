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
	err = raw.Read(func(fd uintptr) bool {
		var next [1]byte
		_, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		idle = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && idle
}
