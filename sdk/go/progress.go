package routecard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
)

// ErrLoopEnded is returned by [Progress.Wait] when the loop has ended before the event with the number.
var ErrLoopEnded = errors.New("the loop over the events has ended")

// Progress says how far a loop over events has come, so that other goroutines can wait for it: until a table that is built from
// events has a change that was just made, for example. The zero value is ready to use, for one loop. It is safe for concurrent
// use.
//
// A loop with filters does not see all events. Wait only for the number of an event that passes them, or of an earlier one.
type Progress struct {
	mu    sync.Mutex
	seq   int64
	ended bool
	// moved is closed when seq or ended changes. It is nil while nobody waits.
	moved chan struct{}
}

// Of yields what events yields, see [Client.Events]. An event counts as handled when the body of the loop is done with it.
func (p *Progress) Of(events iter.Seq2[Event, error]) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		defer func() { p.move(p.LastSeq(), true) }()
		for event, err := range events {
			goOn := yield(event, err)
			// An event that comes with ErrFeedRestored is the zero Event, and the feed does start over.
			if err == nil || errors.Is(err, ErrFeedRestored) {
				p.move(event.Seq, false)
			}
			if !goOn {
				return
			}
		}
	}
}

// LastSeq returns Seq of the last event that the loop has handled. It is 0 before the first one.
func (p *Progress) LastSeq() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq
}

// Wait waits until the loop has handled the event with this Seq, or a later one: numbers can be missing. It returns
// [ErrLoopEnded] when the loop has ended before, and the cause of ctx when ctx ends.
func (p *Progress) Wait(ctx context.Context, seq int64) error {
	for {
		p.mu.Lock()
		last, ended := p.seq, p.ended
		if p.moved == nil {
			p.moved = make(chan struct{})
		}
		moved := p.moved
		p.mu.Unlock()
		switch {
		case last >= seq:
			return nil
		case ended:
			return fmt.Errorf("%w after event %d", ErrLoopEnded, last)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (p *Progress) move(seq int64, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq, p.ended = seq, ended
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}
