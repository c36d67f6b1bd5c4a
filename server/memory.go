package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/store"
)

// Large requests take shares of these budgets, so that the memory of the server is bounded for any number of them. A request
// that finds a budget exhausted waits for busyWait and then fails with 503. Small bodies take nothing and are always served.
// Requests take their shares in this order and hold at most one of each, so that they cannot wait for each other.
const (
	// bodyBudget is how many bytes the bodies of requests may have together, as they are sent.
	bodyBudget = 64 << 20
	// workBudget is how many bytes of memory the work on bodies and the pages of lists may take together.
	workBudget = 64 << 20
	// resultBudget is how many units the results of requests for many units may have together, until the clients have read
	// them.
	resultBudget = 4 * unitBudget
	// unitBudget is how many units such requests may create or change at a time. A single request has no more.
	unitBudget = 50_000
	// importBudget is how many files may be read and imported at a time. One takes up to 150 MB of memory.
	importBudget = 1

	busyWait = 5 * time.Second
)

const (
	// smallBody is the length in bytes of the largest body that takes no share.
	smallBody = 16 << 10
	// fewUnits is the largest number of units in a request that takes no share for them.
	fewUnits = 100
	// workPerByte is how many bytes of memory a byte of a body takes, as it is decoded, stored, and sent back.
	workPerByte = 8
)

// budgets are what the requests of a server share.
type budgets struct{ bodies, work, imports, results, units *semaphore.Weighted }

func newBudgets() budgets {
	return budgets{
		bodies:  semaphore.NewWeighted(bodyBudget),
		work:    semaphore.NewWeighted(workBudget),
		imports: semaphore.NewWeighted(importBudget),
		results: semaphore.NewWeighted(resultBudget),
		units:   semaphore.NewWeighted(unitBudget),
	}
}

// shares are what one request holds of the budgets.
type shares struct{ body, work, imports, result, units share }

const sharesKey = "shares"

// sharesOf returns the shares of a request.
func sharesOf(ctx context.Context) *shares {
	return ctx.Value(sharesKey).(*shares) //nolint:forcetypeassert // share runs before every operation.
}

// share gives the request its shares of the budgets, and returns them when the request has ended.
func (s *Server) share(c *gin.Context) {
	own := &shares{
		body:    share{budget: s.budgets.bodies},
		work:    share{budget: s.budgets.work},
		imports: share{budget: s.budgets.imports},
		result:  share{budget: s.budgets.results},
		units:   share{budget: s.budgets.units},
	}
	defer func() {
		for _, each := range []*share{&own.body, &own.work, &own.imports, &own.result, &own.units} {
			each.shrink(0)
		}
	}()
	c.Set(sharesKey, own)
	longest := int64(contract.MaxBody)
	if operation := s.operation(c); operation != nil {
		longest = operation.MaxBody
	}
	length := c.Request.ContentLength
	if length < 0 {
		length = longest
	}
	if smallBody < length && length <= longest {
		if err := own.body.take(c.Request.Context(), length, busyWait); err != nil {
			s.fail(c, err)
			return
		}
	}
	c.Next()
}

// share is a part of a budget.
type share struct {
	budget *semaphore.Weighted
	held   int64
}

// take fills an empty share. It returns an error that wraps [store.ErrBusy] if other requests hold too much of the budget during
// the whole wait.
func (s *share) take(ctx context.Context, size int64, wait time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := s.budget.Acquire(waiting, size); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: other requests take the memory", store.ErrBusy)
	}
	s.held = size
	return nil
}

// shrink returns the part of the share that exceeds the given size to the budget.
func (s *share) shrink(size int64) {
	if s.held > size {
		s.budget.Release(s.held - size)
		s.held = size
	}
}

// takeUnits takes the shares of a request for many units. Call changed when they are created or changed, so that a client
// that reads the result slowly does not delay others.
func takeUnits(ctx context.Context, count int) (changed func(), err error) {
	if count <= fewUnits {
		return func() {}, nil
	}
	own := sharesOf(ctx)
	if err := own.result.take(ctx, int64(count), busyWait); err != nil {
		return nil, err
	}
	if err := own.units.take(ctx, int64(count), busyWait); err != nil {
		return nil, err
	}
	return func() { own.units.shrink(0) }, nil
}

// sharedBody is a request body that takes its share of the work budget, or of the import budget for a file, only when the body
// has arrived, so that a client that sends slowly does not delay other requests.
type sharedBody struct {
	io.ReadCloser
	ctx    context.Context
	isFile bool
	length int64
	// err is the reason why there is no share.
	err error
}

// Read implements [io.Reader].
func (b *sharedBody) Read(buffer []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(buffer)
	b.length += int64(n)
	own := sharesOf(b.ctx)
	switch {
	case !errors.Is(err, io.EOF):
	case b.isFile && own.imports.held == 0:
		// Also for a small file, because a compressed one may grow.
		b.err = own.imports.take(b.ctx, 1, busyWait)
	case !b.isFile && b.length > smallBody && own.work.held == 0:
		b.err = own.work.take(b.ctx, workPerByte*b.length, busyWait)
	}
	if b.err != nil {
		err = b.err
	}
	return n, err
}
