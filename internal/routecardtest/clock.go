package routecardtest

import (
	"sync"
	"time"
)

// Clock tells a time that only the test moves.
type Clock struct {
	mutex sync.Mutex
	now   time.Time
	onNow func()
}

// NewClock returns a clock that shows 2024-01-15T10:30:00.123456Z, which answers show as 2024-01-15T10:30:00.123Z.
func NewClock() *Clock {
	return &Clock{now: time.Date(2024, 1, 15, 10, 30, 0, 123456000, time.UTC)}
}

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	now, onNow := c.now, c.onNow
	c.mutex.Unlock()
	if onNow != nil {
		onNow()
	}
	return now
}

// OnNow has f called, from now on, whenever somebody asks for the time, which every change does in its transaction: to
// panic there, or to hold it up. Nil ends that.
func (c *Clock) OnNow(f func()) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.onNow = f
}

// Advance moves the clock; a negative duration turns it back, as a time server can.
func (c *Clock) Advance(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(by)
}
