package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/spreadsheet"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// heartbeat is the time between two comment lines of a stream without events. It is well below the minute after which proxies
// close an idle connection.
const heartbeat = 15 * time.Second

// keyCheck is the time between two checks that the key of a stream is valid. Together with keysAge it must be below the 10 seconds
// within which a revoked key stops working.
const keyCheck = 2500 * time.Millisecond

// feedEpochHeader names the epoch to which the numbers of events belong.
const feedEpochHeader = "Routecard-Feed-Epoch"

// ListEvents implements GET /api/events.
func (s *Server) ListEvents(ctx context.Context, request gen.ListEventsRequestObject) (gen.ListEventsResponseObject, error) {
	params := request.Params
	streaming := acceptsEventStream(httpRequest(ctx))
	filter, err := s.fromAPIEventFilter(ctx, params, streaming)
	if err != nil {
		return nil, err
	}
	var after int64
	if params.After != nil {
		after = *params.After
	}
	epoch, err := s.store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if streaming {
		if params.LastEventID != nil {
			// The contract allows up to 16 digits.
			after, _ = strconv.ParseInt(*params.LastEventID, 10, 64)
		}
		return &eventStream{ctx: ctx, server: s, filter: filter, after: after, epoch: epoch}, nil
	}
	if filter.Since != nil {
		from, err := s.store.EventsSince(ctx, *filter.Since)
		if err != nil {
			return nil, err
		}
		after = max(after, from)
	}
	if params.Order != nil && *params.Order == gen.ListEventsParamsOrderDesc {
		events, err := s.listEventsBackwards(ctx, params, filter, after)
		return eventList{events, epoch}, err
	}
	if params.Before != nil {
		filter.UpTo = new(*params.Before - 1)
	} else if params.Limit == nil {
		// Otherwise the list would not end while there are new events.
		last, err := s.store.LastEvent(ctx)
		if err != nil {
			return nil, err
		}
		filter.UpTo = &last
	}
	events, err := newList(ctx, nil, params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.Event], error) {
			from := after
			if cursor != "" {
				var err error
				if from, err = fromNumericCursor(cursor); err != nil {
					return page[gen.Event]{}, err
				}
			}
			events, err := s.store.Events(ctx, filter, from, limit)
			return toPage(events, toAPIEvents(events.Rows),
				func(event models.Event) string { return strconv.FormatInt(event.Seq, 10) }), err
		})
	events.link = func(next string) string { return nextLink(ctx, "after", next) }
	return eventList{events, epoch}, err
}

// listEventsBackwards returns the events after the event with the given number, newest first.
func (s *Server) listEventsBackwards(
	ctx context.Context, params gen.ListEventsParams, filter store.EventFilter, after int64,
) (list[gen.Event], error) {
	events, err := newList(ctx, nil, params.Limit,
		func(ctx context.Context, cursor string, limit int) (page[gen.Event], error) {
			before, err := fromNumericCursor(cursor)
			if err != nil {
				return page[gen.Event]{}, err
			}
			if cursor == "" && params.Before != nil {
				before = *params.Before
			}
			events, err := s.store.EventsBefore(ctx, filter, before, after, limit)
			return toPage(events, toAPIEvents(events.Rows),
				func(event models.Event) string { return strconv.FormatInt(event.Seq, 10) }), err
		})
	events.link = func(next string) string { return nextLink(ctx, "before", next) }
	return events, err
}

// fromAPIEventFilter returns the filter of a request. It returns an Invalid error for a time that does not exist, and for a
// parameter that a stream does not have.
func (s *Server) fromAPIEventFilter(ctx context.Context, params gen.ListEventsParams, streaming bool) (store.EventFilter, error) {
	filter := store.EventFilter{
		JobID: params.JobID, PathID: params.PathID, SerialNumber: params.SerialID, StepID: params.StepID, UserID: params.UserID,
	}
	if params.Type != nil {
		filter.Types = *params.Type
	}
	if streaming {
		for _, only := range []struct {
			name  string
			given bool
		}{
			{"order", params.Order != nil && *params.Order == gen.ListEventsParamsOrderDesc},
			{"before", params.Before != nil},
			{"since", params.Since != nil},
		} {
			if only.given {
				return filter, models.InvalidError(only.name, "is for lists, not for a stream")
			}
		}
	}
	if params.Since != nil {
		since, err := time.Parse(time.RFC3339, *params.Since)
		if err != nil {
			return filter, models.InvalidError("since", "must be a time like 2026-12-01T06:00:00Z")
		}
		// Rounded up, because the times of events are in whole milliseconds.
		filter.Since = new(models.MillisOf(since.Add(time.Millisecond - 1)))
	}
	return s.store.ScopeEvents(ctx, filter)
}

// eventList is a list as a response of ListEvents.
type eventList struct {
	list[gen.Event]
	epoch string
}

// VisitListEventsResponse implements gen.ListEventsResponseObject.
func (l eventList) VisitListEventsResponse(w http.ResponseWriter) error {
	w.Header().Set(feedEpochHeader, l.epoch)
	return l.writeTable(w, eventColumns)
}

// eventColumns are the columns of ListEvents as CSV. The contract lists them.
var eventColumns = []column[gen.Event]{
	{"seq", func(event *gen.Event) string { return strconv.FormatInt(event.Seq, 10) }},
	{"id", func(event *gen.Event) string { return event.ID }},
	{"type", func(event *gen.Event) string { return event.Type }},
	{"at", func(event *gen.Event) string { return event.At }},
	{"occurredAt", func(event *gen.Event) string { return toCell(event.OccurredAt) }},
	{"userId", func(event *gen.Event) string { return toCell(&event.UserID) }},
	{"keyName", func(event *gen.Event) string { return toCell(event.KeyName) }},
	{"jobId", func(event *gen.Event) string { return toCell(event.JobID) }},
	{"pathId", func(event *gen.Event) string { return toCell(event.PathID) }},
	{"serialId", func(event *gen.Event) string { return toCell(event.SerialID) }},
	{"stepId", func(event *gen.Event) string { return toCell(event.StepID) }},
	{"data", func(event *gen.Event) string { return spreadsheet.Guard(string(event.Data)) }},
}

// eventStream is a live response of ListEvents: Server-Sent Events.
type eventStream struct {
	ctx    context.Context
	server *Server
	filter store.EventFilter
	after  int64
	epoch  string
}

// VisitListEventsResponse implements gen.ListEventsResponseObject. The stream ends when the client closes the connection, when
// the client's key is revoked, when the server stops, when the database does not respond, and when the feed has a new epoch. The
// client then continues after the last event that it has.
func (e *eventStream) VisitListEventsResponse(w http.ResponseWriter) error {
	events, err := e.server.store.Subscribe(e.ctx, e.filter, e.after)
	if err != nil {
		return err
	}
	defer events.Close()
	e.server.metrics.streams.Inc()
	defer e.server.metrics.streams.Dec()
	w.Header().Set("Content-Type", streamType)
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set(feedEpochHeader, e.epoch)
	// Otherwise nginx would buffer the events.
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if httpRequest(e.ctx).Method == http.MethodHead {
		return nil
	}
	// Sent at once, so that the client knows that it is connected.
	if err := e.send(w, []byte(": connected\n\n")); err != nil {
		return nil
	}
	heartbeats := time.NewTicker(heartbeat)
	defer heartbeats.Stop()
	keyChecks := time.NewTicker(keyCheck)
	defer keyChecks.Stop()
	authorization := httpRequest(e.ctx).Header.Get("Authorization")
	for {
		select {
		case <-events.Ready():
			if ended, err := e.catchUp(w, events, authorization); ended || err != nil {
				return err
			}
		case <-keyChecks.C:
			if !e.server.keys.admit(e.ctx, authorization) {
				return nil
			}
		case <-heartbeats.C:
			if epoch, err := e.server.store.Epoch(e.ctx); err != nil || epoch != e.epoch {
				return err
			}
			if err := e.send(w, []byte(": heartbeat\n\n")); err != nil {
				return nil
			}
		case <-e.ctx.Done():
			return nil
		case <-e.server.stopping:
			_, err := e.catchUp(w, events, authorization)
			return err
		}
	}
}

// catchUp sends all events that the client does not have yet. It checks the key before each batch, because sending can take a
// long time. It reports whether the stream has ended because the key is revoked or new events cannot be read.
func (e *eventStream) catchUp(w http.ResponseWriter, events *store.Subscription, authorization string) (ended bool, err error) {
	for {
		if !e.server.keys.admit(e.ctx, authorization) {
			return true, nil
		}
		next, err := events.Next(e.ctx)
		if errors.Is(err, store.ErrFeedEnded) {
			return true, nil // The store has logged the failure, once for all streams.
		}
		if err != nil || len(next) == 0 {
			return false, err
		}
		if err := e.sendEvents(w, next); err != nil {
			return false, err
		}
	}
}

// batches holds buffers for the text of several events. A stream has one only while it sends.
var batches = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// sendEvents sends all events with one write, because writes cost most when there are many streams.
func (e *eventStream) sendEvents(w http.ResponseWriter, events []*store.FeedEvent) error {
	batch, _ := batches.Get().(*bytes.Buffer)
	defer batches.Put(batch)
	batch.Reset()
	for _, event := range events {
		text, err := event.Encoded(toStreamText)
		if err != nil {
			return err
		}
		batch.Write(text)
	}
	return e.send(w, batch.Bytes())
}

// toStreamText encodes the event as a Server-Sent Event.
func toStreamText(event models.Event) ([]byte, error) {
	data, err := json.Marshal(toAPIEvent(event))
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", event.Seq, event.Type, data), err
}

// send writes to the client at once. The server closes the connection if the client reads nothing for slowReader.
func (e *eventStream) send(w http.ResponseWriter, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

func toAPIEvents(events []models.Event) []gen.Event {
	out := make([]gen.Event, len(events))
	for i := range events {
		out[i] = toAPIEvent(events[i])
	}
	return out
}

func toAPIEvent(event models.Event) gen.Event {
	return gen.Event{
		ID:         event.ID,
		Seq:        event.Seq,
		Type:       string(event.Type),
		At:         event.At.String(),
		OccurredAt: toAPITime(event.OccurredAt),
		UserID:     event.UserID,
		KeyName:    event.KeyName,
		JobID:      event.JobID,
		PathID:     event.PathID,
		SerialID:   event.SerialNumber,
		StepID:     event.StepID,
		Data:       json.RawMessage(event.Data),
	}
}
