package store

import (
	"context"
	"sync"
	"time"
)

// pollInterval is how often a server looks for events of other servers. It learns of its own events at once.
const pollInterval = 250 * time.Millisecond

// feed wakes the followers of events when there are new events.
type feed struct {
	mutex sync.Mutex
	// changed is closed at the next event.
	changed   chan struct{}
	followers int
	stopPoll  context.CancelFunc
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

// announce wakes all followers.
func (f *feed) announce() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	close(f.changed)
	f.changed = make(chan struct{})
}

// Follower waits for events. It must be closed.
type Follower struct{ store *Store }

// Follow begins to wait for events. While there are followers, the server asks PostgreSQL four times a second for events of
// other servers; a SQLite database has no other server.
func (s *Store) Follow() *Follower {
	f := s.feed
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.followers++
	if f.followers == 1 && s.db.Shared() {
		ctx, stop := context.WithCancel(context.Background())
		f.stopPoll = stop
		go s.poll(ctx)
	}
	return &Follower{store: s}
}

// Close stops waiting.
func (f *Follower) Close() {
	own := f.store.feed
	own.mutex.Lock()
	defer own.mutex.Unlock()
	own.followers--
	if own.followers == 0 && own.stopPoll != nil {
		own.stopPoll()
		own.stopPoll = nil
	}
}

// Next returns a channel that is closed at the next event. Call it before reading the events, so that no event between the
// two goes unnoticed.
func (f *Follower) Next() <-chan struct{} {
	own := f.store.feed
	own.mutex.Lock()
	defer own.mutex.Unlock()
	return own.changed
}

// poll announces the events of other servers until the context ends. It ignores errors: a follower that reads the events
// meets them too.
func (s *Store) poll(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var seen int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if last, err := s.lastEvent(ctx); err == nil && last != seen {
			seen = last
			s.feed.announce()
		}
	}
}
