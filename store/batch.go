package store

import (
	"context"
	"fmt"
	"sync"
)

// batchSize bounds how many writes share a transaction, and with it how long one can be held up by the others.
const batchSize = 256

// batch lets writes that wait at the same time share one transaction, and so one fsync, which is what bounds them. It
// never waits for a batch to fill: a write that finds room goes at once and alone, on its caller's goroutine, and those
// that arrive while there is none go together after it.
type batch[In, Out any] struct {
	// write puts all of them into one transaction, and answers for each in its order; an error is for all. It must end by
	// itself, because no caller can cancel it.
	write func(context.Context, []In) ([]Out, error)
	// oneCanCause tells whether a single one of the values can be the cause of the error, and nothing was committed.
	oneCanCause func(error) bool
	// limit is how many transactions may be under way at the same time, at least 1.
	limit int

	mutex   sync.Mutex
	running int
	// waiting are those that nobody writes yet; who was given a turn is no longer among them.
	waiting []*waiter[In, Out]
}

type waiter[In, Out any] struct {
	in  In
	out Out
	err error
	// turn is told true when the waiter is to write a batch, and closed when its own write is done.
	turn chan bool
}

// do writes the value and returns when it is on disk. Once its transaction has begun, a caller that goes away is not
// waited for, and spoils nothing for the others; whether its own write was made is then unknown to it.
func (b *batch[In, Out]) do(ctx context.Context, in In) (Out, error) {
	var none Out
	if err := ctx.Err(); err != nil {
		return none, err
	}
	b.mutex.Lock()
	if b.running < b.limit {
		b.running++
		b.mutex.Unlock()
		own := &waiter[In, Out]{in: in}
		b.run(ctx, []*waiter[In, Out]{own})
		b.pass()
		return own.out, own.err
	}
	own := &waiter[In, Out]{in: in, turn: make(chan bool, 1)}
	b.waiting = append(b.waiting, own)
	b.mutex.Unlock()

	select {
	case lead := <-own.turn:
		if lead {
			b.lead(ctx, own)
			b.pass()
		}
		return own.out, own.err
	case <-ctx.Done():
		return none, b.leave(ctx, own)
	}
}

// lead writes the caller's own and those who wait.
func (b *batch[In, Out]) lead(ctx context.Context, own *waiter[In, Out]) {
	b.mutex.Lock()
	n := min(len(b.waiting), batchSize-1)
	group := append([]*waiter[In, Out]{own}, b.waiting[:n]...)
	b.waiting = b.waiting[n:]
	b.mutex.Unlock()
	b.run(ctx, group)
	for _, member := range group[1:] {
		close(member.turn)
	}
}

// pass lets the first of those who wait write a batch.
func (b *batch[In, Out]) pass() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.waiting) == 0 {
		b.running--
		b.waiting = nil
		return
	}
	next := b.waiting[0]
	b.waiting = b.waiting[1:]
	next.turn <- true
}

// leave takes a waiter out whose caller has gone, and hands its turn on if it has just been given it.
func (b *batch[In, Out]) leave(ctx context.Context, own *waiter[In, Out]) error {
	b.mutex.Lock()
	for i, other := range b.waiting {
		if other != own {
			continue
		}
		b.waiting = append(b.waiting[:i:i], b.waiting[i+1:]...)
		b.mutex.Unlock()
		return ctx.Err()
	}
	b.mutex.Unlock()
	select {
	case lead := <-own.turn:
		if lead {
			b.pass()
		}
	default:
	}
	return ctx.Err()
}

// run writes the group. When one of it can be why the group failed, each goes alone, so that it takes nobody with it.
func (b *batch[In, Out]) run(ctx context.Context, group []*waiter[In, Out]) {
	outs, err := b.attempt(ctx, group)
	switch {
	case err == nil:
		for i, member := range group {
			member.out = outs[i]
		}
	case len(group) > 1 && b.oneCanCause(err):
		for _, member := range group {
			b.run(ctx, []*waiter[In, Out]{member})
		}
	default:
		for _, member := range group {
			member.err = err
		}
	}
}

// attempt makes an error of a panic: the others in the group wait on other goroutines and would wait for ever.
func (b *batch[In, Out]) attempt(ctx context.Context, group []*waiter[In, Out]) (outs []Out, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic in a batch: %v", cause)
		}
	}()
	ins := make([]In, len(group))
	for i, member := range group {
		ins[i] = member.in
	}
	return b.write(context.WithoutCancel(ctx), ins)
}
