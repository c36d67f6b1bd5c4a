//go:build chaos

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/routecard/routecard/internal/replay"
)

// follower reads all events as they happen, by live streams or by pages. After a failure it resumes after the last event
// that it got.
type follower struct {
	name   string
	system *system
	// server is the index of the server that it uses.
	server int
	// eventType is the type of the events that it reads, "" for all.
	eventType string
	// read reads until a stream ends, or one page.
	read    func(*follower, context.Context) error
	http    *http.Client
	numbers *rand.Rand

	mutex sync.Mutex
	seen  []seenEvent
}

// seenEvent is an event that a follower received.
type seenEvent struct {
	seq int64
	sum uint64
}

var sumSeed = maphash.MakeSeed()

// sum returns a hash of the whole event.
func sum(e *replay.Event) uint64 {
	return maphash.String(sumSeed, fmt.Sprintf("%d %q %q %q %q %q %q %q %q %s",
		e.Seq, e.ID, e.Type, e.At, e.UserID, e.JobID, e.PathID, e.SerialID, e.StepID, e.Data))
}

func newFollowers(s *system) []*follower {
	followers := []*follower{
		{name: "stream by Last-Event-ID", read: streamWith(true)},
		{name: "second stream by Last-Event-ID", read: streamWith(true)},
		{name: "stream by after", read: streamWith(false)},
		{name: "stream of one type", eventType: "serial.advanced", read: streamWith(true)},
		{name: "pages", read: (*follower).page},
		{name: "pages of one type", eventType: "serial.undone", read: (*follower).page},
	}
	for i, f := range followers {
		f.system, f.server, f.numbers = s, i, random("follower", i)
		transport := &http.Transport{}
		s.t.Cleanup(transport.CloseIdleConnections)
		f.http = &http.Client{Transport: transport}
	}
	return followers
}

// follow reads until the context ends. After a failure it uses the next server.
func (f *follower) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := f.read(f, ctx); err != nil {
			f.server++
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (f *follower) last() int64 {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.seen) == 0 {
		return 0
	}
	return f.seen[len(f.seen)-1].seq
}

func (f *follower) add(event *replay.Event) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.seen = append(f.seen, seenEvent{event.Seq, sum(event)})
}

func (f *follower) get(ctx context.Context, query string, headers ...string) (*http.Response, error) {
	url := f.system.servers[f.server%len(f.system.servers)].network.url() + "/api/events?type=" + f.eventType + query
	if f.eventType == "" {
		url = strings.Replace(url, "type=", "", 1)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+f.system.admin)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := f.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, errors.New(response.Status)
	}
	return response, nil
}

// streamWith returns a function that reads a live stream until it ends. It resumes by the header Last-Event-ID, or by the
// parameter after.
func streamWith(header bool) func(*follower, context.Context) error {
	return func(f *follower, ctx context.Context) error {
		after := strconv.FormatInt(f.last(), 10)
		headers, query := []string{"Accept", "text/event-stream"}, ""
		if header {
			headers = append(headers, "Last-Event-ID", after)
		} else {
			query = "&after=" + after
		}
		response, err := f.get(ctx, query, headers...)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var event *replay.Event
		id := ""
		lines := bufio.NewReader(response.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return err // an event is complete only with the empty line after it
			}
			line = strings.TrimSuffix(line, "\n")
			name, value, _ := strings.Cut(line, ": ")
			switch {
			case line == "" && event != nil:
				if id != strconv.FormatInt(event.Seq, 10) {
					f.system.t.Errorf("%s: the id of event %d is %s", f.name, event.Seq, id)
				}
				f.add(event)
				event = nil
			case name == "id":
				id = value
			case name == "data":
				event = &replay.Event{}
				if err := json.Unmarshal([]byte(value), event); err != nil {
					f.system.t.Errorf("%s: %v: %s", f.name, err, value)
					return err
				}
			}
		}
	}
}

// page reads one page.
func (f *follower) page(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	response, err := f.get(ctx, fmt.Sprintf("&after=%d&limit=%d", f.last(), 1+f.numbers.IntN(100)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var events []replay.Event
	if err := json.Unmarshal(content, &events); err != nil {
		f.system.t.Errorf("%s: %v: %s", f.name, err, content)
		return err
	}
	for i := range events {
		f.add(&events[i])
	}
	if len(events) == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// wanted returns the events of the feed that the follower must have received.
func (f *follower) wanted(feed []replay.Event) []seenEvent {
	var wanted []seenEvent
	for i := range feed {
		if f.eventType == "" || feed[i].Type == f.eventType {
			wanted = append(wanted, seenEvent{feed[i].Seq, sum(&feed[i])})
		}
	}
	return wanted
}

// await waits until the follower has received the last event.
func (f *follower) await(t *testing.T, feed []replay.Event) {
	t.Helper()
	wanted := f.wanted(feed)
	if len(wanted) == 0 {
		t.Errorf("%s: there is nothing to read", f.name)
		return
	}
	last := wanted[len(wanted)-1].seq
	for begun := time.Now(); f.last() < last; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Errorf("%s: the last event is %d, and the follower stays at %d", f.name, last, f.last())
			return
		}
	}
}

// check reports a missing, repeated, wrong, or misplaced event.
func (f *follower) check(t *testing.T, feed []replay.Event) {
	t.Helper()
	wanted := f.wanted(feed)
	for i := range max(len(wanted), len(f.seen)) {
		switch {
		case i >= len(f.seen):
			t.Errorf("%s: got %d events, want %d; event %d is missing", f.name, len(f.seen), len(wanted), wanted[i].seq)
		case i >= len(wanted):
			t.Errorf("%s: got event %d after the last one", f.name, f.seen[i].seq)
		case f.seen[i] != wanted[i]:
			t.Errorf("%s: event number %d has the seq %d, want %d, or its content differs", f.name, i, f.seen[i].seq, wanted[i].seq)
		default:
			continue
		}
		return
	}
}

// browser reads lists and single things.
type browser struct {
	client *client
	world  *world
	number int
}

func newBrowser(s *system, w *world, number int) *browser {
	return &browser{client: newClient(s, nil, w, number), world: w, number: number}
}

// browse reads until the context ends, and reports responses that contradict themselves.
func (b *browser) browse(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		numbers := random("browser", b.number, n)
		switch numbers.IntN(5) {
		case 0:
			b.list(fmt.Sprintf("/api/jobs?include=progress&limit=%d", 1+numbers.IntN(50)))
		case 1:
			b.list(fmt.Sprintf("/api/serials?limit=%d", 1+numbers.IntN(100)))
		case 2:
			if id, found := b.world.job(numbers, 8); found {
				b.job(id)
			}
		case 3:
			if r, _, found := b.world.knownPath(numbers, 6); found {
				b.get("/api/paths/" + r.id)
				b.list("/api/jobs/" + r.jobID + "/paths?limit=2")
			}
		default:
			if id, _, found := b.world.unit(numbers); found {
				b.unit(id)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (b *browser) get(path string) (answer, bool) {
	a, err := b.client.send("GET", path, "", "", "", b.client.system.admin, 10*time.Second)
	switch {
	case err != nil, a.status >= 500:
		b.client.at = (b.client.at + 1) % len(b.client.system.servers)
		return a, false
	case a.status != 200 && a.status != 404:
		b.client.system.t.Errorf("GET %s is answered %d %s", path, a.status, a.body)
	}
	return a, a.status == 200
}

// list reads the first pages of a list and reports an item that occurs twice.
func (b *browser) list(path string) {
	seen := map[string]bool{}
	for range 5 {
		a, found := b.get(path)
		if !found {
			return
		}
		var items []struct{ ID string }
		if err := json.Unmarshal(a.body, &items); err != nil {
			b.client.system.t.Errorf("GET %s: %v: %.500s", path, err, a.body)
			return
		}
		for _, item := range items {
			if seen[item.ID] {
				b.client.system.t.Errorf("GET %s lists %s twice", path, item.ID)
			}
			seen[item.ID] = true
		}
		next, more := strings.CutPrefix(a.header.Get("Link"), "<")
		if !more {
			return
		}
		path, _, _ = strings.Cut(next, ">")
	}
}

// job reads a job and reports a progress that is not the sum of the progress of its paths.
func (b *browser) job(id string) {
	a, found := b.get("/api/jobs/" + id)
	if !found {
		return
	}
	job := decode[jobDetail](b.client.system.t, a.body)
	total := replay.Counts{}
	for _, path := range job.Progress.PathProgress {
		total.InProgress += path.InProgress
		total.Completed += path.Completed
		total.Scrapped += path.Scrapped
	}
	if job.Progress.counts() != total {
		b.client.system.t.Errorf("the progress of job %s is %+v, and that of its paths %+v", id, job.Progress.counts(), total)
	}
}

// unit reads a unit and reports a step in progress other than the one at which the unit stands, or at which it was scrapped.
func (b *browser) unit(id string) {
	a, found := b.get("/api/serials/" + id)
	if !found {
		return
	}
	unit := decode[serialDetail](b.client.system.t, a.body)
	for i, step := range unit.Steps {
		here := unit.Status != "completed" && unit.CurrentStepIndex == i
		if here != (step.Status == "in_progress") {
			b.client.system.t.Errorf("unit %s is not at the step where it is in progress: %s", id, a.body)
		}
	}
}

func decode[T any](t *testing.T, body []byte) (value T) {
	t.Helper()
	if err := json.Unmarshal(body, &value); err != nil {
		t.Errorf("%v: %.500s", err, body)
	}
	return value
}
