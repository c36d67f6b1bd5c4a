package database

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// These tests run in bubbles of testing/synctest: a call that would never return, and a goroutine that is left behind,
// fail them, and nothing in them depends on how fast the machine is.

var errRow = fmt.Errorf("the row is bad: %w", sqlite3.CONSTRAINT_NOTNULL)

// recorder is the database of a group. It records what was written, by transaction.
type recorder struct {
	*Group[int, string]

	mutex        sync.Mutex
	transactions [][]int
	// hold keeps each transaction open until it receives a value. If it is nil, transactions do not wait.
	hold chan struct{}
	// fail returns the error of a transaction, nil for success.
	fail func([]int) error
	// contexts are the contexts of the transactions.
	contexts []context.Context
}

func newRecorder() *recorder {
	r := &recorder{fail: func([]int) error { return nil }}
	r.Group = &Group[int, string]{run: r.transact, slots: 1}
	return r
}

func (r *recorder) transact(ctx context.Context, values []int) ([]string, error) {
	if r.hold != nil {
		<-r.hold
	}
	if err := r.fail(values); err != nil {
		return nil, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.transactions = append(r.transactions, slices.Clone(values))
	r.contexts = append(r.contexts, ctx)
	outs := make([]string, len(values))
	for i, value := range values {
		outs[i] = fmt.Sprint("row ", value)
	}
	return outs, nil
}

// outcome is the result of a call of Do.
type outcome struct {
	out string
	err error
}

// start starts to write the values from first to last in their order, each on a separate goroutine.
func (r *recorder) start(ctx context.Context, first, last int) map[int]*outcome {
	outcomes := map[int]*outcome{}
	for value := first; value <= last; value++ {
		got := &outcome{}
		outcomes[value] = got
		go func() { got.out, got.err = r.Do(ctx, value) }()
		synctest.Wait()
	}
	return outcomes
}

// wantWritten checks the transactions.
func (r *recorder) wantWritten(t *testing.T, want ...[]int) {
	t.Helper()
	if !slices.EqualFunc(r.transactions, want, slices.Equal) {
		t.Errorf("the transactions are %v, want %v", r.transactions, want)
	}
	r.wantQuiet(t)
}

// wantQuiet checks that no transaction is running and no change is waiting.
func (r *recorder) wantQuiet(t *testing.T) {
	t.Helper()
	if r.running != 0 || len(r.waiting) > 0 {
		t.Errorf("%d transactions are under way, and %d wait", r.running, len(r.waiting))
	}
}

func wantOutcomes(t *testing.T, outcomes map[int]*outcome) {
	t.Helper()
	for value, got := range outcomes {
		if want := fmt.Sprint("row ", value); got.out != want || got.err != nil {
			t.Errorf("writing %d gave %q %v, want %q", value, got.out, got.err, want)
		}
	}
}

// numbers are those from first to last.
func numbers(first, last int) []int {
	all := []int{}
	for value := first; value <= last; value++ {
		all = append(all, value)
	}
	return all
}

func TestGroupOfOneAfterTheOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		for value := range 3 {
			wantOutcomes(t, r.start(t.Context(), value, value))
		}
		r.wantWritten(t, []int{0}, []int{1}, []int{2})
	})
}

func TestGroupOfWaitingMembers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		const last = 2*groupSize + 10
		outcomes := r.start(t.Context(), 0, last)
		close(r.hold)
		synctest.Wait()
		wantOutcomes(t, outcomes)
		r.wantWritten(t, []int{0}, numbers(1, groupSize), numbers(groupSize+1, 2*groupSize), numbers(2*groupSize+1, last))
	})
}

// TestGroupsAtTheSameTime allows two transactions at the same time. After one ends, the next one has all changes that wait by then.
func TestGroupsAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.slots = 2
		r.hold = make(chan struct{})
		outcomes := r.start(t.Context(), 0, 4)
		r.hold <- struct{}{} // 0 or 1 is done, and 2 leads the others
		synctest.Wait()
		late := r.start(t.Context(), 5, 6)
		for range 3 {
			r.hold <- struct{}{} // the other of them, 2 to 4, 5 to 6
			synctest.Wait()
		}
		wantOutcomes(t, outcomes)
		wantOutcomes(t, late)
		slices.SortFunc(r.transactions, slices.Compare)
		r.wantWritten(t, []int{0}, []int{1}, []int{2, 3, 4}, []int{5, 6})
	})
}

// TestGroupWithCanceledCallers cancels all callers after the transactions have begun.
func TestGroupWithCanceledCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		first, cancelFirst := context.WithCancel(t.Context())
		defer cancelFirst()
		others, cancelOthers := context.WithCancel(t.Context())
		defer cancelOthers()
		leader := r.start(first, 0, 0)
		followers := r.start(others, 1, 3)
		r.hold <- struct{}{} // the first is done, and 1 leads the others
		synctest.Wait()
		wantOutcomes(t, leader)
		cancelFirst()
		cancelOthers()
		synctest.Wait()
		for _, value := range []int{2, 3} {
			if err := followers[value].err; !errors.Is(err, context.Canceled) || !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("the caller of %d, who went away, got %v", value, err)
			}
		}
		r.hold <- struct{}{}
		synctest.Wait()
		r.wantWritten(t, []int{0}, []int{1, 2, 3})
		wantOutcomes(t, map[int]*outcome{1: followers[1]})
		for _, ctx := range r.contexts {
			if ctx.Done() != nil {
				t.Error("a caller could have cancelled the transaction")
			}
		}
	})
}

func TestGroupDropsCanceledMembers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		leaving, leave := context.WithCancel(t.Context())
		stay := r.start(t.Context(), 0, 1)
		gone := r.start(leaving, 2, 3)
		also := r.start(t.Context(), 4, 4)
		leave()
		synctest.Wait()
		for value, got := range gone {
			if !errors.Is(got.err, context.Canceled) || errors.Is(got.err, ErrOutcomeUnknown) {
				t.Errorf("the caller of %d, who went away, got %v", value, got.err)
			}
		}
		late := r.start(leaving, 5, 5)
		if !errors.Is(late[5].err, context.Canceled) {
			t.Errorf("a caller who was gone before got %v", late[5].err)
		}
		close(r.hold)
		synctest.Wait()
		wantOutcomes(t, stay)
		wantOutcomes(t, also)
		r.wantWritten(t, []int{0}, []int{1, 4})
	})
}

// TestGroupPassesItsSlotOn has a waiting member leave at the same moment at which it is told to lead. That would hardly ever happen
// by chance, so the test calls the two steps one after the other.
func TestGroupPassesItsSlotOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.running = 1 // somebody writes
		leaver := &member[int, string]{in: 1, turn: make(chan bool, 1)}
		r.waiting = append(r.waiting, leaver)
		next := r.start(t.Context(), 2, 3)
		r.wakeNext() // and is done: it is the leaver's turn
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := r.abandon(gone, leaver); !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("leaving gave %v", err)
		}
		synctest.Wait()
		wantOutcomes(t, next)
		r.wantWritten(t, []int{2, 3})
	})
}

func TestGroupLeavesOnlyTheBadRowOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		r.fail = func(values []int) error {
			if slices.Contains(values, 2) {
				return fmt.Errorf("insert: %w", errRow)
			}
			return nil
		}
		outcomes := r.start(t.Context(), 0, 4)
		close(r.hold)
		synctest.Wait()
		if !errors.Is(outcomes[2].err, errRow) {
			t.Errorf("the bad row gave %v", outcomes[2].err)
		}
		delete(outcomes, 2)
		wantOutcomes(t, outcomes)
		r.wantWritten(t, []int{0}, []int{1}, []int{3}, []int{4})
	})
}

// TestGroupFailsTogether has an error that no single member has caused. Nothing is tried again, because a part may have been
// written.
func TestGroupFailsTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		attempts := 0
		r.fail = func([]int) error {
			attempts++
			return errors.New("no connection")
		}
		outcomes := r.start(t.Context(), 0, 4)
		close(r.hold)
		synctest.Wait()
		for value, got := range outcomes {
			if got.err == nil || !strings.Contains(got.err.Error(), "no connection") || got.out != "" {
				t.Errorf("writing %d gave %q %v", value, got.out, got.err)
			}
		}
		if attempts != 2 {
			t.Errorf("there were %d attempts, want one for the first member and one for the others", attempts)
		}
		r.wantWritten(t)

		r.fail = func([]int) error { return nil }
		wantOutcomes(t, r.start(t.Context(), 5, 5))
		r.wantWritten(t, []int{5})
	})
}

// TestGroupPanic has one member make the change panic. Only this member fails, and its error has the stack trace.
func TestGroupPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder()
		r.hold = make(chan struct{})
		r.fail = func(values []int) error {
			if slices.Contains(values, 3) {
				panic("no such unit")
			}
			return nil
		}
		outcomes := r.start(t.Context(), 0, 4)
		close(r.hold)
		synctest.Wait()
		err := outcomes[3].err
		if err == nil || !strings.Contains(err.Error(), "no such unit") || !strings.Contains(err.Error(), "group_test.go") {
			t.Errorf("the member that panics gets %v", err)
		}
		delete(outcomes, 3)
		wantOutcomes(t, outcomes)
		r.wantWritten(t, []int{0}, []int{1}, []int{2}, []int{4})
	})
}

// TestGroupAtRandom has callers start and cancel at random. If a caller gets no error, its value was written once. Every caller
// returns, and no goroutine is left.
func TestGroupAtRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 0))
			r := newRecorder()
			r.slots = 1 + int(seed%3)
			var mutex sync.Mutex
			upTo := func(n int) int {
				mutex.Lock()
				defer mutex.Unlock()
				return chance.IntN(n)
			}
			r.fail = func(values []int) error {
				time.Sleep(time.Duration(upTo(20)) * time.Millisecond)
				switch kind := upTo(20); {
				case kind == 0:
					return errors.New("no connection")
				case kind == 1:
					panic("no connection")
				case slices.ContainsFunc(values, func(value int) bool { return value%17 == 0 }):
					return errRow
				}
				return nil
			}
			var callers sync.WaitGroup
			written := make(chan int, 400)
			for value := range cap(written) {
				arrive, patience := upTo(100), upTo(40)
				callers.Go(func() {
					time.Sleep(time.Duration(arrive) * time.Millisecond)
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(patience)*time.Millisecond)
					defer cancel()
					out, err := r.Do(ctx, value)
					if err == nil {
						written <- value
						if want := fmt.Sprint("row ", value); out != want {
							t.Errorf("writing %d gave %q", value, out)
						}
					}
				})
			}
			callers.Wait()
			close(written)
			synctest.Wait()
			count := map[int]int{}
			for _, transaction := range r.transactions {
				for _, value := range transaction {
					count[value]++
				}
			}
			for value, times := range count {
				if times != 1 || value%17 == 0 {
					t.Errorf("%d was written %d times", value, times)
				}
			}
			for value := range written {
				if count[value] != 1 {
					t.Errorf("%d was acknowledged and written %d times", value, count[value])
				}
			}
			if len(count) == 0 {
				t.Error("nothing was written")
			}
			r.wantQuiet(t)
		})
	}
}
