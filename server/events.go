package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// heartbeat is how often a stream without events shows that it lives, well below the minute after which proxies cut an
// idle connection.
const heartbeat = 15 * time.Second

// feedEpochHeader names the epoch to which the numbers of events belong.
const feedEpochHeader = "Routecard-Feed-Epoch"

// ListEvents implements GET /api/events.
func (s *Server) ListEvents(ctx context.Context, request gen.ListEventsRequestObject) (gen.ListEventsResponseObject, error) {
	params := request.Params
	filter := store.EventFilter{JobID: params.JobID, SerialNumber: params.SerialID, Type: params.Type}
	var after int64
	if params.After != nil {
		after = *params.After
	}
	epoch, err := s.store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	if acceptsEventStream(httpRequest(ctx)) {
		if params.LastEventID != nil {
			after = *params.LastEventID
		}
		return &eventStream{ctx: ctx, server: s, filter: filter, after: after, epoch: epoch}, nil
	}
	events, err := newList(ctx, nil, params.Limit,
		func(ctx context.Context, cursor string, limit int) ([]gen.Event, string, error) {
			from := after
			if cursor != "" {
				var err error
				if from, err = fromNumericCursor(cursor); err != nil {
					return nil, "", err
				}
			}
			events, err := s.store.Events(ctx, filter, from, limit+1)
			events, next := cut(events, limit, func(event models.Event) string { return strconv.FormatInt(event.Seq, 10) })
			return toAPIEvents(events), next, err
		})
	events.link = func() string { return nextLink(ctx, "after", events.next) }
	return eventList{events, epoch}, err
}

// eventList makes a streamed list the answer of ListEvents.
type eventList struct {
	list[gen.Event]
	epoch string
}

// VisitListEventsResponse implements gen.ListEventsResponseObject.
func (l eventList) VisitListEventsResponse(w http.ResponseWriter) error {
	w.Header().Set(feedEpochHeader, l.epoch)
	return l.write(w)
}

// eventStream is the live answer of ListEvents: Server-Sent Events.
type eventStream struct {
	ctx    context.Context
	server *Server
	filter store.EventFilter
	after  int64
	epoch  string
}

// VisitListEventsResponse implements gen.ListEventsResponseObject. The stream ends when the client goes away, when the
// server stops, when the database does not answer, and when the feed has a new epoch.
func (e *eventStream) VisitListEventsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set(feedEpochHeader, e.epoch)
	// Without it nginx would collect events before it passes them on.
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)

	follower := e.server.store.Follow()
	defer follower.Close()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	// Sent at once, so that the client knows that it is connected.
	if err := e.send(w, []byte(": connected\n\n")); err != nil {
		return nil
	}
	for {
		changed := follower.Next()
		if err := e.catchUp(w); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ticker.C:
			if epoch, err := e.server.store.Epoch(e.ctx); err != nil || epoch != e.epoch {
				return err
			}
			if err := e.send(w, []byte(": heartbeat\n\n")); err != nil {
				return nil
			}
		case <-e.ctx.Done():
			return nil
		case <-e.server.stopping:
			return nil
		}
	}
}

// catchUp sends all events that the client does not have yet.
func (e *eventStream) catchUp(w http.ResponseWriter) error {
	for {
		events, err := e.server.store.Events(e.ctx, e.filter, e.after, streamPage)
		if err != nil || len(events) == 0 {
			return err
		}
		var out bytes.Buffer
		for i := range events {
			data, err := json.Marshal(toAPIEvent(events[i]))
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, "id: %d\nevent: %s\ndata: %s\n\n", events[i].Seq, events[i].Type, data)
		}
		if err := e.send(w, out.Bytes()); err != nil {
			return err
		}
		e.after = events[len(events)-1].Seq
	}
}

// send writes to the client at once. One that does not read is cut off, not waited for.
func (e *eventStream) send(w http.ResponseWriter, text []byte) error {
	if _, err := (patientWriter{w}).Write(text); err != nil {
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
		ID:       event.ID,
		Seq:      event.Seq,
		Type:     string(event.Type),
		At:       event.At.String(),
		UserID:   event.UserID,
		JobID:    event.JobID,
		PathID:   event.PathID,
		SerialID: event.SerialNumber,
		StepID:   event.StepID,
		Data:     json.RawMessage(event.Data),
	}
}

// acceptsEventStream tells whether the client asks for a live stream. Only who names it gets it: */* is a list.
func acceptsEventStream(request *http.Request) bool {
	for _, header := range request.Header.Values("Accept") {
		for media := range strings.SplitSeq(header, ",") {
			media, _, _ = strings.Cut(media, ";")
			if strings.EqualFold(strings.TrimSpace(media), "text/event-stream") {
				return true
			}
		}
	}
	return false
}
