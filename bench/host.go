package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
)

// host stands in for a test, so that the helpers of tests (a PostgreSQL of one's own) serve a program as well. Of
// testing.TB it has what those helpers call.
type host struct {
	testing.TB

	cleanups []func()
	count    int
	failed   bool
}

// fatalError is what a helper found wrong.
type fatalError struct{ error }

// Helper implements testing.TB.
func (*host) Helper() {}

// Cleanup implements testing.TB.
func (h *host) Cleanup(fn func()) { h.cleanups = append(h.cleanups, fn) }

// Fatal implements testing.TB.
func (h *host) Fatal(arguments ...any) {
	h.failed = true
	panic(fatalError{errors.New(fmt.Sprint(arguments...))})
}

// Fatalf implements testing.TB.
func (h *host) Fatalf(format string, arguments ...any) { h.Fatal(fmt.Sprintf(format, arguments...)) }

// Skip implements testing.TB.
func (h *host) Skip(arguments ...any) { h.Fatal(arguments...) }

// Failed implements testing.TB.
func (h *host) Failed() bool { return h.failed }

// Logf implements testing.TB.
func (*host) Logf(string, ...any) {}

// clean undoes what was set up, the last first.
func (h *host) clean() {
	for _, fn := range slices.Backward(h.cleanups) {
		fn()
	}
	h.cleanups = nil
}

// next numbers what needs a name of its own.
func (h *host) next() int {
	h.count++
	return h.count
}

// found makes an error of what a helper found wrong, and of nothing else that can panic.
func found(cause any) error {
	wrong, ok := cause.(fatalError)
	if !ok {
		panic(cause)
	}
	return wrong.error
}

// quiet is a logger that keeps nothing.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
