//go:build chaos

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// giveUp is how long a client retries. It is far longer than any outage of the schedule.
const giveUp = 2 * time.Minute

// client sends one request after the other.
type client struct {
	system  *system
	history *history
	world   *world
	number  int
	// at is the index of the server that it uses, until a request to that server fails.
	at   int
	http *http.Client
}

func newClient(s *system, h *history, w *world, number int) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 2}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &client{system: s, history: h, world: w, number: number, at: number % len(s.servers), http: &http.Client{Transport: transport}}
}

// work sends requests until the context ends. It finishes the last one.
func (c *client) work(working context.Context) {
	for number := 0; working.Err() == nil; number++ {
		r := &record{operation: plan(c.world, c.number, number), client: c.number, number: number}
		numbers := random("client", c.number, number)
		patience := 10 * time.Second
		if numbers.IntN(4) == 0 {
			patience = 300 * time.Millisecond // the server goes on with some requests after their client timed out
		}
		if c.system.patient.Load() {
			patience = longOutage // the server times out before the client
		}
		again, pause := numbers.IntN(8) == 0, time.Duration(numbers.Int64N(int64(30*time.Millisecond)))
		if r.ifMatchOf != "" {
			if a, err := c.send("GET", r.ifMatchOf, "", "", "", c.bearer(), patience); err == nil {
				r.ifMatch = a.header.Get("ETag")
			}
		}
		c.perform(r, patience, again)
		c.history.add(r)
		time.Sleep(pause)
	}
}

func (c *client) bearer() string { return c.system.key(c.number % keyGroups) }

// perform sends a request and retries it with the same Idempotency-Key, each time at the next server, until it has a
// definite outcome. It sends a request without a key once. With again it repeats an acknowledged request.
func (c *client) perform(r *record, patience time.Duration, again bool) {
	bearer := c.bearer()
	r.start = time.Since(c.history.begun)
	unanswered, busy := false, false
	for {
		r.attempts++
		a, err := c.send(r.method, r.path, r.body, r.key, r.ifMatch, bearer, patience)
		r.status, r.end = a.status, time.Since(c.history.begun)
		switch {
		case err != nil, a.status == http.StatusInternalServerError, a.status == http.StatusRequestTimeout:
			unanswered = true
		case a.status == http.StatusServiceUnavailable:
			busy = true // nothing has changed
		case a.status < 300:
			r.outcome = acknowledged
			if busy && !unanswered && a.header.Get("Idempotency-Replayed") != "" {
				c.system.t.Errorf("an attempt was answered with 503, which says that nothing has changed, and made the change: %s", r)
			}
			c.readResults(r, a)
			if again && r.key != "" {
				c.repeat(r, a, bearer, patience)
			}
			return
		case a.status == http.StatusUnauthorized && bearer == c.bearer():
			time.Sleep(20 * time.Millisecond) // the new key takes a moment
			fallthrough
		default:
			r.outcome = refused
			if unanswered {
				// An earlier attempt may still be running, and succeed after this response.
				r.outcome = unknown
			}
			switch a.status {
			case 400, 401, 403, 404, 409, 412:
			default:
				c.system.t.Errorf("the answer is %d %s to %s", a.status, a.body, r)
			}
			return
		}
		c.at = (c.at + 1) % len(c.system.servers)
		if r.key == "" {
			r.outcome = refused
			if unanswered {
				r.outcome = unknown
			}
			return
		}
		if time.Since(c.history.begun)-r.start > giveUp {
			r.outcome = unknown
			c.system.t.Errorf("no definite answer in %s to %s", giveUp, r)
			return
		}
		patience = 10 * time.Second
		time.Sleep(20 * time.Millisecond)
	}
}

// answer is a complete response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) send(method, path, body, key, ifMatch, bearer string, patience time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.system.servers[c.at].network.url()+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	// Without it net/http does not retry requests with an Idempotency-Key by itself: each attempt must be seen here.
	request.GetBody = nil
	request.Header.Set("Authorization", "Bearer "+bearer)
	for name, value := range map[string]string{"Idempotency-Key": key, "If-Match": ifMatch} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	if method != "GET" && method != "DELETE" {
		request.Header.Set("Content-Type", mediaTypeOf(path))
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{response.StatusCode, response.Header, content}, nil
}

// repeat sends an acknowledged request again and reports a response that differs from the first.
func (c *client) repeat(r *record, first answer, bearer string, patience time.Duration) {
	a, err := c.send(r.method, r.path, r.body, r.key, r.ifMatch, bearer, patience)
	if err != nil || a.status >= 500 || a.status == http.StatusUnauthorized {
		return
	}
	if a.status != first.status || !bytes.Equal(a.body, first.body) || a.header.Get("Idempotency-Replayed") != "true" {
		c.system.t.Errorf("the second answer is %d %s (Idempotency-Replayed %q), the first was %d %s, to %s",
			a.status, a.body, a.header.Get("Idempotency-Replayed"), first.status, first.body, r)
	}
}

// versionOf returns the version in an entity tag, or 0.
func versionOf(tag string) int64 {
	version, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// readResults records what a successful response says about the changed things.
func (c *client) readResults(r *record, a answer) {
	c.world.learn(&r.operation, a.body)
	version := versionOf(a.header.Get("ETag"))
	if before := versionOf(r.ifMatch); before != 0 && version != 0 && version != before+1 {
		c.system.t.Errorf("version %d was made of version %d by %s", version, before, r)
	}
	var err error
	switch r.kind {
	case deleteJob, deletePath, deleteSerial, clearStepOverride:
	case createSerials, createOwnSerials:
		err = json.Unmarshal(a.body, &r.results)
		if err == nil && len(r.results) != r.count {
			c.system.t.Errorf("%d unit(s) were created by %s", len(r.results), r)
		}
		if r.kind == createSerials && !contiguous(r.results) {
			c.system.t.Errorf("the numbers of the units are not contiguous: %s, by %s", a.body, r)
		}
	case advanceSerialsAtomic, advanceSerialsEach, scrapSerialsAtomic, scrapSerialsEach, advanceToAtomic, advanceToEach,
		undoSerialsAtomic, undoSerialsEach, overrideStepsAtomic, overrideStepsEach, addSerialNotesAtomic, addSerialNotesEach:
		var bulk struct {
			Results []struct{ Serial *change }
		}
		err = json.Unmarshal(a.body, &bulk)
		for _, item := range bulk.Results {
			if item.Serial != nil {
				r.results = append(r.results, *item.Serial)
			}
		}
	case importJobs:
		var report struct{ Rows []struct{ JobID string } }
		err = json.Unmarshal(a.body, &report)
		for _, row := range report.Rows {
			r.results = append(r.results, change{ID: row.JobID})
		}
	case planJob:
		var planned struct {
			ID    string
			Paths []struct {
				ID    string
				Steps []struct{ ID string }
			}
		}
		err = json.Unmarshal(a.body, &planned)
		r.results = []change{{ID: planned.ID, version: version}}
		for _, path := range planned.Paths {
			r.results = append(r.results, change{ID: path.ID, version: 1})
			for _, unit := range r.units {
				r.results = append(r.results, change{ID: unit, Status: "in_progress", CurrentStepID: path.Steps[0].ID, version: 1})
			}
		}
	case advanceSerialTo:
		var moved struct{ Serial change }
		err = json.Unmarshal(a.body, &moved)
		moved.Serial.version = version
		r.results = []change{moved.Serial}
	default:
		var changed change
		err = json.Unmarshal(a.body, &changed)
		changed.version = version
		r.results = []change{changed}
	}
	if err != nil {
		c.system.t.Errorf("%v: the answer is %s to %s", err, a.body, r)
	}
}

// contiguous tells whether the numbers of the units follow one another.
func contiguous(units []change) bool {
	first := 0
	for i, unit := range units {
		number, err := strconv.Atoi(strings.TrimPrefix(unit.ID, "SN-"))
		if i == 0 {
			first = number
		}
		if err != nil || number != first+i {
			return false
		}
	}
	return true
}
