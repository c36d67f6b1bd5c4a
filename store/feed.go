package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/routecard/routecard/models"
)

const (
	// pollInterval is how often a server looks for events of other servers. It gets its own events immediately.
	pollInterval = 100 * time.Millisecond
	// roundInterval is the shortest time between two rounds of reading and waking.
	roundInterval = 20 * time.Millisecond
	// wakeInterval is the time until the next round for each subscription that was woken. It leaves most of the processor to
	// requests when thousands of subscriptions want every event: their writes then have more events each.
	wakeInterval = 20 * time.Microsecond

	// feedPage is how many events one query reads.
	feedPage = 500
	// scanWindow is how many event numbers the query of a subscription scans. It bounds the time of a query that finds
	// nothing.
	scanWindow = 50_000
	// feedBytes is how much memory the recent events may take, by estimate.
	feedBytes = 32 << 20
	// batchBytes is the size of the events that Next returns together, by estimate. One event may be larger.
	batchBytes = 128 << 10
	// catchUps is how many queries of subscriptions run at the same time, so that they leave connections to requests.
	catchUps = 2
)

// ErrFeedEnded is returned by [Store.Subscribe] and [Subscription.Next] when the server could not read the new events.
// Subscribe again, after the last event that was returned.
var ErrFeedEnded = errors.New("store: the new events cannot be read")

// FeedEvent is an event that several subscriptions may have returned.
type FeedEvent struct {
	models.Event

	once    sync.Once
	encoded []byte
	err     error
}

// Encoded returns what encode returns for the event. It calls encode once, for all subscriptions, so every caller must pass
// the same function. The caller must not change the bytes.
func (e *FeedEvent) Encoded(encode func(models.Event) ([]byte, error)) ([]byte, error) {
	e.once.Do(func() { e.encoded, e.err = encode(e.Event) })
	return e.encoded, e.err
}

// size estimates the memory of the event and its encoded form.
func (e *FeedEvent) size() int { return 1024 + 2*len(e.Data) }

// feed is what all subscriptions of a store share.
type feed struct {
	store *Store
	// bytes is feedBytes, except in tests.
	bytes    int
	catchUps chan struct{}

	mutex sync.Mutex
	// reader is nil while nobody subscribes.
	reader *feedReader
}

func newFeed(s *Store) *feed {
	return &feed{store: s, bytes: feedBytes, catchUps: make(chan struct{}, catchUps)}
}

// announce tells the reader that there may be new events.
func (f *feed) announce() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.reader == nil {
		return
	}
	select {
	case f.reader.committed <- struct{}{}:
	default:
	}
}

// join returns the reader, which it starts for the first subscription. It must be followed by leave.
func (f *feed) join(ctx context.Context) *feedReader {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.reader == nil {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		f.reader = &feedReader{
			feed: f, stop: stop, committed: make(chan struct{}, 1), began: make(chan struct{}),
			topics: map[topicKey]*topic{},
		}
		go f.reader.run(ctx)
	}
	f.reader.subscriptions++
	return f.reader
}

// leave stops the reader after its last subscription.
func (f *feed) leave(r *feedReader) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	r.subscriptions--
	if r.subscriptions == 0 {
		r.stop()
		f.forget(r)
	}
}

// forget makes the next subscription start another reader.
func (f *feed) forget(r *feedReader) {
	if f.reader == r {
		f.reader = nil
	}
}

// feedReader reads each new event once, for all subscriptions. It keeps the recent ones in memory.
type feedReader struct {
	feed *feed
	stop context.CancelFunc
	// subscriptions is guarded by the mutex of the feed.
	subscriptions int
	// committed receives after a commit of this server.
	committed chan struct{}
	// began is closed when subscriptions can begin, and when err is set.
	began chan struct{}

	mutex sync.Mutex
	// err is the reason why the reader has ended.
	err error
	// head is the number of the last event that was read.
	head int64
	// size is the size of the recent events.
	size int
	// topics has a topic for each filter that subscriptions have, and one without a filter, which has all recent events.
	topics map[topicKey]*topic
}

// topic holds the recent events that match one filter, in order.
type topic struct {
	key topicKey
	// floor is the number of an event. The topic has every matching event after it that the reader has read.
	floor         int64
	events        []*FeedEvent
	subscriptions map[*Subscription]struct{}
}

// since returns the events of the topic after the event with the given number.
func (t *topic) since(after int64) []*FeedEvent {
	return t.events[sort.Search(len(t.events), func(i int) bool { return t.events[i].Seq > after }):]
}

// topicKey is a filter that can be compared. An event has at most eight keys, so the reader finds the topics of an event
// without looking at the others, however many there are.
type topicKey struct {
	// fields has a bit for each field that is set.
	fields                     int
	jobID, serialNumber, event string
}

// keyOf returns the key of the topic that has all events of a filter. For a filter with other fields than those of a key, it
// has more events, which the subscription drops.
func keyOf(filter EventFilter) topicKey {
	var key topicKey
	var event *string
	if len(filter.Types) == 1 {
		event = &filter.Types[0]
	}
	for bit, field := range []struct{ from, to *string }{
		{filter.JobID, &key.jobID}, {filter.SerialNumber, &key.serialNumber}, {event, &key.event},
	} {
		if field.from != nil {
			key.fields |= 1 << bit
			*field.to = *field.from
		}
	}
	return key
}

// matches reports whether the filter selects the event.
func (k topicKey) matches(event *FeedEvent) bool {
	return (k.fields&1 == 0 || event.JobID != nil && *event.JobID == k.jobID) &&
		(k.fields&2 == 0 || event.SerialNumber != nil && *event.SerialNumber == k.serialNumber) &&
		(k.fields&4 == 0 || string(event.Type) == k.event)
}

// topicsOf calls f for each topic that the event belongs to.
func (r *feedReader) topicsOf(event *FeedEvent, f func(*topic)) {
	for fields := range 8 {
		key := topicKey{fields: fields}
		if fields&1 != 0 {
			if event.JobID == nil {
				continue
			}
			key.jobID = *event.JobID
		}
		if fields&2 != 0 {
			if event.SerialNumber == nil {
				continue
			}
			key.serialNumber = *event.SerialNumber
		}
		if fields&4 != 0 {
			key.event = string(event.Type)
		}
		if t := r.topics[key]; t != nil {
			f(t)
		}
	}
}

// run reads new events and wakes the subscriptions that they match, until the context ends or the database does not respond.
func (r *feedReader) run(ctx context.Context) {
	err := r.begin(ctx)
	if err != nil {
		r.fail(ctx, err)
	}
	close(r.began)
	var poll <-chan time.Time
	if r.feed.store.db.Shared() {
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		poll = ticker.C
	}
	for err == nil {
		var matched []*Subscription
		var more bool
		if matched, more, err = r.read(ctx); err != nil {
			r.fail(ctx, err)
			return
		}
		for _, s := range matched {
			s.wake()
		}
		if more {
			continue
		}
		time.Sleep(max(roundInterval, time.Duration(len(matched))*wakeInterval))
		select {
		case <-r.committed:
		case <-poll:
		case <-ctx.Done():
			return
		}
	}
}

// begin starts one page before the end of the feed, so that clients that come back after a restart of the server need no
// queries of their own.
func (r *feedReader) begin(ctx context.Context) error {
	last, err := r.feed.store.LastEvent(ctx)
	if err != nil {
		return err
	}
	r.head = max(0, last-feedPage)
	r.topics[topicKey{}] = &topic{floor: r.head, subscriptions: map[*Subscription]struct{}{}}
	return nil
}

// fail ends all subscriptions with an error.
func (r *feedReader) fail(ctx context.Context, err error) {
	if ctx.Err() == nil {
		r.feed.store.log.ErrorContext(ctx, "event streams ended, new events cannot be read", "error", err)
	}
	r.feed.mutex.Lock()
	r.feed.forget(r)
	r.feed.mutex.Unlock()

	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.err = fmt.Errorf("%w: %w", ErrFeedEnded, err)
	for _, t := range r.topics {
		for s := range t.subscriptions {
			s.wake()
		}
	}
}

// read reads one page of new events. It returns the subscriptions that the events match, and whether there are more events.
func (r *feedReader) read(ctx context.Context) (matched []*Subscription, more bool, err error) {
	page, err := r.feed.store.Events(ctx, EventFilter{}, r.head, feedPage)
	if err != nil || len(page.Rows) == 0 {
		return nil, false, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	changed := map[*topic]struct{}{}
	for _, event := range page.Rows {
		// Before is for undo only.
		event.Before = nil
		r.append(&FeedEvent{Event: event}, changed)
	}
	for t := range changed {
		for s := range t.subscriptions {
			matched = append(matched, s)
		}
	}
	return matched, page.More, nil
}

// append adds an event to its topics, and drops the oldest events beyond the limit of memory.
func (r *feedReader) append(event *FeedEvent, changed map[*topic]struct{}) {
	r.topicsOf(event, func(t *topic) {
		t.events = append(t.events, event)
		changed[t] = struct{}{}
	})
	r.head = event.Seq
	r.size += event.size()
	for all := r.topics[topicKey{}]; r.size > r.feed.bytes; {
		oldest := all.events[0]
		r.size -= oldest.size()
		r.topicsOf(oldest, func(t *topic) {
			if len(t.events) > 0 && t.events[0] == oldest { // a newer topic never had it
				t.events[0] = nil
				t.events = t.events[1:]
				t.floor = oldest.Seq
			}
		})
	}
}

// Subscription returns the events that match a filter: every event exactly once, in the order of their numbers, beginning after
// the event that [Store.Subscribe] was called with. It stores a position and no events, so a slow reader costs no memory. It is
// not safe for concurrent use, and must be closed.
type Subscription struct {
	reader *feedReader
	topic  *topic
	filter EventFilter
	// after is the number up to which all matching events were returned.
	after int64
	ready chan struct{}
}

// Subscribe begins to follow the events after the event with the given number. The filter must set neither UpTo nor Since. All subscriptions
// share one reader of new events. A subscription runs queries of its own only for events that are older than what the reader
// keeps. While there are subscriptions, the server asks PostgreSQL ten times a second for events of other servers; a SQLite
// database has no other server. Subscribe returns [ErrFeedEnded] when the database does not respond.
func (s *Store) Subscribe(ctx context.Context, filter EventFilter, after int64) (*Subscription, error) {
	r := s.feed.join(ctx)
	select {
	case <-r.began:
	case <-ctx.Done():
		s.feed.leave(r)
		return nil, ctx.Err()
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.err != nil {
		s.feed.leave(r)
		return nil, r.err
	}
	own := &Subscription{reader: r, topic: r.topic(keyOf(filter), after), filter: filter, after: after, ready: make(chan struct{}, 1)}
	own.topic.subscriptions[own] = struct{}{}
	own.wake()
	return own, nil
}

// topic returns the topic with the key. It creates the topic for the first subscription, with the recent events after the
// subscription's position.
func (r *feedReader) topic(key topicKey, after int64) *topic {
	if t := r.topics[key]; t != nil {
		return t
	}
	t := &topic{key: key, floor: r.head, subscriptions: map[*Subscription]struct{}{}}
	r.topics[key] = t
	if all := r.topics[topicKey{}]; after >= all.floor {
		t.floor = min(after, r.head)
		for _, event := range all.since(after) {
			if key.matches(event) {
				t.events = append(t.events, event)
			}
		}
	}
	return t
}

// Close ends the subscription.
func (s *Subscription) Close() {
	r := s.reader
	r.mutex.Lock()
	delete(s.topic.subscriptions, s)
	if len(s.topic.subscriptions) == 0 && s.topic.key != (topicKey{}) {
		delete(r.topics, s.topic.key)
	}
	r.mutex.Unlock()
	r.feed.leave(r)
}

// Ready returns a channel that receives when Next may have something to return, also when one call of Next could not return
// everything.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// wake makes Ready receive.
func (s *Subscription) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// Next returns the next events, some at a time, and nothing if there are none yet. It returns [ErrFeedEnded] when the server
// could not read the new events, and the error of the database when it could not read older events.
func (s *Subscription) Next(ctx context.Context) ([]*FeedEvent, error) {
	events, floor, err := s.recent()
	if err != nil || s.after >= floor {
		return events, err
	}
	s.wake()
	return s.older(ctx, floor)
}

// recent returns events from memory, unless the position is older than the topic's floor.
func (s *Subscription) recent() (events []*FeedEvent, floor int64, err error) {
	s.reader.mutex.Lock()
	defer s.reader.mutex.Unlock()
	if s.reader.err != nil || s.after < s.topic.floor {
		return nil, s.topic.floor, s.reader.err
	}
	size := 0
	for _, event := range s.topic.since(s.after) {
		if !s.filter.selects(&event.Event) {
			s.after = event.Seq
			continue
		}
		if size += event.size(); size > batchBytes && len(events) > 0 {
			s.wake()
			break
		}
		events = append(events, event)
		s.after = event.Seq
	}
	return events, s.topic.floor, nil
}

// selects reports whether an event of the filter's topic matches the fields that the key of the topic does not have.
func (f EventFilter) selects(event *models.Event) bool {
	same := func(want, value *string) bool { return want == nil || value != nil && *value == *want }
	return same(f.PathID, event.PathID) && same(f.StepID, event.StepID) && same(f.UserID, &event.UserID) &&
		(len(f.Types) < 2 || slices.Contains(f.Types, string(event.Type)))
}

// older returns events from the database, not beyond the floor. It moves the position also when nothing matches.
func (s *Subscription) older(ctx context.Context, floor int64) ([]*FeedEvent, error) {
	turn := s.reader.feed.catchUps
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	filter, upTo := s.filter, min(floor, s.after+scanWindow)
	filter.UpTo = &upTo
	page, err := s.reader.feed.store.Events(ctx, filter, s.after, feedPage)
	if err != nil {
		return nil, err
	}
	s.after = upTo
	if page.More {
		s.after = page.Rows[len(page.Rows)-1].Seq
	}
	older := make([]*FeedEvent, len(page.Rows))
	for i := range page.Rows {
		older[i] = &FeedEvent{Event: page.Rows[i]}
	}
	return older, nil
}
