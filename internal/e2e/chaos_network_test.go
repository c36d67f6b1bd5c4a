//go:build chaos

package e2e

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// cutRate is the probability that a connection is cut at a piece of a request or response.
const cutRate = 0.004

// network is a TCP proxy in front of a server. It cuts connections at random.
type network struct {
	target   string
	listener net.Listener

	mutex  sync.Mutex
	random *rand.Rand
	// cuts has for each open connection a function that closes it.
	cuts    map[int]func()
	opened  int
	stopped bool
}

// newNetwork starts a network in front of the target. It ends with the test.
func newNetwork(t *testing.T, target string, number int) *network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{target: target, listener: listener, random: random("network", number), cuts: map[int]func(){}}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			open.Go(func() { n.connect(near, &open) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		n.cutAll()
		open.Wait()
	})
	return n
}

func (n *network) url() string { return "http://" + n.listener.Addr().String() }

func (n *network) connect(near net.Conn, open *sync.WaitGroup) {
	far, err := net.Dial("tcp", n.target)
	if err != nil {
		_ = near.Close() // the server is down
		return
	}
	n.mutex.Lock()
	number := n.opened
	n.opened++
	cut := func() { _, _ = near.Close(), far.Close() }
	n.cuts[number] = cut
	n.mutex.Unlock()
	end := func() {
		cut()
		n.mutex.Lock()
		delete(n.cuts, number)
		n.mutex.Unlock()
	}
	open.Go(func() {
		defer end()
		n.pass(far, near)
	})
	defer end()
	n.pass(near, far)
}

// pass copies until the connection ends or is cut: before a piece, in the middle of it, or after it.
func (n *network) pass(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		length, err := from.Read(buffer)
		if err != nil {
			return
		}
		cut, kept := n.draw(length)
		if _, err := to.Write(buffer[:kept]); err != nil || cut {
			return
		}
	}
}

// draw decides whether to cut a connection at a piece, and returns how many bytes of the piece to send before the cut.
func (n *network) draw(length int) (cut bool, kept int) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.stopped || n.random.Float64() >= cutRate {
		return false, length
	}
	return true, []int{0, length / 2, length}[n.random.IntN(3)]
}

// cutAll cuts every open connection.
func (n *network) cutAll() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, cut := range n.cuts {
		cut()
	}
}

// stopCutting ends the random cuts.
func (n *network) stopCutting() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.stopped = true
}
