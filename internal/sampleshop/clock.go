package sampleshop

import (
	"sync"
	"time"
)

// clock is the clock of the shop's store: a time in the past while the history is written, and then the system's time.
type clock struct {
	system func() time.Time
	mutex  sync.Mutex
	at     time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.at.IsZero() {
		return c.system()
	}
	return c.at
}

// set sets the time. The zero time stands for the system's time.
func (c *clock) set(at time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = at
}
