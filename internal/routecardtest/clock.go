package routecardtest

import (
	"sync"
	"time"
)

// Clock is a clock that stands still until the test moves it.
type Clock struct {
	mutex sync.Mutex
	now   time.Time
	onNow func()
}

// NewClock returns a clock set to 2024-01-15T10:30:00.123456Z, which responses show as 2024-01-15T10:30:00.123Z.
func NewClock() *Clock {
	return &Clock{now: time.Date(2024, 1, 15, 10, 30, 0, 123456000, time.UTC)}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	now, onNow := c.now, c.onNow
	c.mutex.Unlock()
	if onNow != nil {
		onNow()
	}
	return now
}

// OnNow makes Now call f first, until OnNow is called with nil. Every change asks for the time within its transaction, so f
// can delay the transaction, or panic in it.
func (c *Clock) OnNow(f func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.onNow = f
}

// Advance moves the clock by the duration, backwards if that is negative.
func (c *Clock) Advance(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(by)
}
