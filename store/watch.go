package store

import (
	"context"
	"sync"
	"time"
)

// pollInterval is how often a server looks for events that another one wrote. Its own are known at once.
const pollInterval = 250 * time.Millisecond

// watch wakes those who follow the events when there are new ones.
type watch struct {
	mutex sync.Mutex
	// changed is closed at the next event.
	changed   chan struct{}
	followers int
	stop      context.CancelFunc
}

func newWatch() *watch { return &watch{changed: make(chan struct{})} }

// announce wakes all followers.
func (w *watch) announce() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

// Follower waits for events. It must be closed.
type Follower struct{ store *Store }

// Follow begins to wait for events. While anybody does, the database is asked a few times a second for events of other
// servers; SQLite has none.
func (s *Store) Follow() *Follower {
	w := s.watch
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.followers++
	if w.followers == 1 && s.dialect.shared() {
		ctx, stop := context.WithCancel(context.Background())
		w.stop = stop
		go s.poll(ctx)
	}
	return &Follower{store: s}
}

// Close ends the waiting.
func (f *Follower) Close() {
	w := f.store.watch
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.followers--
	if w.followers == 0 && w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// Next returns a channel that is closed at the next event. Take it before reading the events, so that none can come
// unnoticed in between.
func (f *Follower) Next() <-chan struct{} {
	w := f.store.watch
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.changed
}

// poll announces the events of other servers. A database that does not answer is asked again; who reads the events will
// see the error.
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
			s.watch.announce()
		}
	}
}
