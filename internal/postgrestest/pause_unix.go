//go:build unix

package postgrestest

import (
	"errors"
	"fmt"
	"syscall"
)

// Pause stops all processes of the server with SIGSTOP: its connections stay open, and nothing answers. Resume, Kill, and
// the end of the test end the pause.
func (c *Cluster) Pause() {
	c.t.Helper()
	c.check("pause", c.node.signalAll(syscall.SIGSTOP))
}

// Resume ends a Pause.
func (c *Cluster) Resume() {
	c.t.Helper()
	c.check("resume", c.node.signalAll(syscall.SIGCONT))
}

// signalAll sends a signal to the server and to its children.
func (n *node) signalAll(signal syscall.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server == nil {
		return errors.New("it doesn't run")
	}
	// The server gets the signal first, so that it starts no further child.
	postmaster := n.server.Process.Pid
	err := syscall.Kill(postmaster, signal)
	children, listErr := childrenOf(postmaster)
	err = errors.Join(err, listErr)
	for _, pid := range children {
		if killErr := syscall.Kill(pid, signal); killErr != nil && !errors.Is(killErr, syscall.ESRCH) {
			err = errors.Join(err, fmt.Errorf("signal process %d: %w", pid, killErr))
		}
	}
	return err
}
