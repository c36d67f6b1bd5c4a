//go:build chaos

package chaos

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

// giveUp is how long a client tries to get an answer. It is far longer than any outage that a fault makes.
const giveUp = 2 * time.Minute

// client sends one request after the other.
type client struct {
	site    *site
	history *history
	world   *world
	number  int
	// at is the server that it speaks to.
	at   int
	http *http.Client
}

func newClient(s *site, h *history, w *world, number int) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 2}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &client{site: s, history: h, world: w, number: number, at: number % len(s.servers), http: &http.Client{Transport: transport}}
}

// work sends requests until the context ends, and gets a definite answer to the last one.
func (c *client) work(working context.Context) {
	for number := 0; working.Err() == nil; number++ {
		r := &record{operation: plan(c.world, c.number, number), client: c.number, number: number}
		numbers := random("client", c.number, number)
		patience := 10 * time.Second
		switch numbers.IntN(8) {
		case 0, 1:
			patience = 300 * time.Millisecond // so that servers finish what nobody waits for any more
		case 2:
			patience = longOutage // so that servers give up first
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

func (c *client) bearer() string { return c.site.key(c.number % keyGroups) }

// perform sends a request until its outcome is known, as integrators are told to: with the same Idempotency-Key, to
// another server. What has no key is sent once. An acknowledged request is sent once more if again is set.
func (c *client) perform(r *record, patience time.Duration, again bool) {
	bearer := c.bearer()
	r.start = time.Since(c.history.begun)
	unanswered := false
	for {
		r.attempts++
		a, err := c.send(r.method, r.path, r.body, r.key, r.ifMatch, bearer, patience)
		r.status, r.end = a.status, time.Since(c.history.begun)
		switch {
		case err != nil, a.status == http.StatusInternalServerError, a.status == http.StatusRequestTimeout:
			unanswered = true
		case a.status == http.StatusServiceUnavailable:
			// Nothing has changed.
		case a.status < 300:
			r.outcome = acknowledged
			c.take(r, a)
			if again && r.key != "" {
				c.repeat(r, a, bearer, patience)
			}
			return
		case a.status == http.StatusUnauthorized && bearer == c.bearer():
			time.Sleep(20 * time.Millisecond) // until there is a new key
			fallthrough
		default:
			r.outcome = refused
			if unanswered {
				// An earlier attempt may still be under way, and succeed after this refusal.
				r.outcome = unknown
			}
			switch a.status {
			case 400, 401, 403, 404, 409, 412:
			default:
				c.site.t.Errorf("the answer is %d %s to %s", a.status, a.body, r)
			}
			return
		}
		c.at = (c.at + 1) % len(c.site.servers)
		if r.key == "" {
			r.outcome = refused
			if unanswered {
				r.outcome = unknown
			}
			return
		}
		if time.Since(c.history.begun)-r.start > giveUp {
			r.outcome = unknown
			c.site.t.Errorf("no definite answer in %s to %s", giveUp, r)
			return
		}
		patience = 10 * time.Second
		time.Sleep(20 * time.Millisecond)
	}
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) send(method, path, body, key, ifMatch, bearer string, patience time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.site.servers[c.at].network.url()+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	for name, value := range map[string]string{"Idempotency-Key": key, "If-Match": ifMatch} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	if method != "GET" && method != "DELETE" {
		request.Header.Set("Content-Type", "application/json")
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

// repeat sends an acknowledged request again, which must get the same answer.
func (c *client) repeat(r *record, first answer, bearer string, patience time.Duration) {
	a, err := c.send(r.method, r.path, r.body, r.key, r.ifMatch, bearer, patience)
	if err != nil || a.status >= 500 || a.status == http.StatusUnauthorized {
		return
	}
	if a.status != first.status || !bytes.Equal(a.body, first.body) || a.header.Get("Idempotency-Replayed") != "true" {
		c.site.t.Errorf("the second answer is %d %s (Idempotency-Replayed %q), the first was %d %s, to %s",
			a.status, a.body, a.header.Get("Idempotency-Replayed"), first.status, first.body, r)
	}
}

// versionOf reads an entity tag; 0 is none.
func versionOf(tag string) int64 {
	version, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil {
		return 0
	}
	return version
}

// take keeps what an answer says about the things that were changed.
func (c *client) take(r *record, a answer) {
	c.world.learn(&r.operation, a.body)
	version := versionOf(a.header.Get("ETag"))
	if before := versionOf(r.ifMatch); before != 0 && version != 0 && version != before+1 {
		c.site.t.Errorf("version %d was made of version %d by %s", version, before, r)
	}
	var err error
	switch r.kind {
	case deleteJob, deletePath, clearStepOverride:
	case createSerials, createOwnSerials:
		err = json.Unmarshal(a.body, &r.results)
		if err == nil && len(r.results) != r.count {
			c.site.t.Errorf("%d unit(s) were created by %s", len(r.results), r)
		}
		if r.kind == createSerials && !contiguous(r.results) {
			c.site.t.Errorf("the numbers of the units are not contiguous: %s, by %s", a.body, r)
		}
	case advanceSerialsAtomic, advanceSerialsEach, scrapSerialsAtomic, scrapSerialsEach:
		var bulk struct {
			Results []struct{ Serial *result }
		}
		err = json.Unmarshal(a.body, &bulk)
		for _, item := range bulk.Results {
			if item.Serial != nil {
				r.results = append(r.results, *item.Serial)
			}
		}
	case advanceSerialTo:
		var moved struct{ Serial result }
		err = json.Unmarshal(a.body, &moved)
		moved.Serial.version = version
		r.results = []result{moved.Serial}
	default:
		var changed result
		err = json.Unmarshal(a.body, &changed)
		changed.version = version
		r.results = []result{changed}
	}
	if err != nil {
		c.site.t.Errorf("%v: the answer is %s to %s", err, a.body, r)
	}
}

// contiguous tells whether the units have numbers that follow one another.
func contiguous(units []result) bool {
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
