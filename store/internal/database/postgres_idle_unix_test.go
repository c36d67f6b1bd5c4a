//go:build unix

package database

import (
	"net"
	"testing"
	"time"
)

// TestIsIdle checks a connection that another goroutine reads, a connection with something to read, and a closed connection. The
// check must not wait for the read.
func TestIsIdle(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	own, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	other, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = own.Read(make([]byte, 1))
	}()
	answer := make(chan bool, 1)
	go func() { answer <- isIdle(own) }()
	select {
	case idle := <-answer:
		if !idle {
			t.Error("an open connection is not idle")
		}
	case <-time.After(time.Minute):
		t.Fatal("isIdle waits for the read")
	}
	if _, err := other.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	<-read
	await := func(what string) {
		for begun := time.Now(); isIdle(own); time.Sleep(time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatalf("a connection %s is idle", what)
			}
		}
	}
	await("with something to read")
	if _, err := own.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	await("that is closed")
}
