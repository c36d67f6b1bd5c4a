package main_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/crew"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// postLost sends a request of which the answer gets lost.
func postLost(t *testing.T, url, body, key string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	transport := &http.Transport{DisableKeepAlives: true}
	if answer, err := transport.RoundTrip(request); err == nil {
		_ = answer.Body.Close()
		t.Errorf("the answer was not lost: %s", answer.Status)
	}
}

// TestKillBeforeTheAnswerArrives kills the server when the first byte of its answer shows that the change is committed,
// and loses that byte. The client's second attempt goes to the restarted server.
func TestKillBeforeTheAnswerArrives(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		launch := routecardtest.Launch{Args: []string{"--database", database}}
		setup := routecardtest.Start(t, launch)
		job := routecardtest.Decode[gen.Job](t, setup.Do(t, "POST", "/api/jobs", exampleJob))
		path := routecardtest.Decode[gen.Path](t, setup.Do(t, "POST", "/api/paths",
			`{"jobId":"`+job.ID+`","name":"Main","goalQuantity":1,"steps":[{"name":"Saw"},{"name":"Mill"}]}`))
		wantEqual(t, "the status of the unit", setup.Do(t, "POST", "/api/serials", `{"pathId":"`+path.ID+`","quantity":1}`).Status, 201)
		setup.Terminate()

		events := 3
		for _, request := range [][2]string{
			{"/api/jobs", exampleJob},
			{"/api/serials", `{"pathId":"` + path.ID + `","serialNumbers":["A-1"]}`},
			{"/api/serials/SN-00001/advance", `{}`},
			{"/api/serials/SN-00001/scrap", `{"reason":"damaged"}`},
		} {
			p := routecardtest.Start(t, launch)
			lossy := routecardtest.Proxy(t, strings.TrimPrefix(p.URL, "http://"), func([]byte) bool {
				p.Kill()
				return false
			})
			key := rand.Text()
			postLost(t, "http://"+lossy+request[0], request[1], key)
			wantEqual(t, "whether the server was killed", p.Ended(), true)

			restarted := routecardtest.Start(t, launch)
			answer := restarted.Do(t, "POST", request[0], request[1], "Idempotency-Key: "+key)
			wantEqual(t, "the status of the repetition of "+request[0], answer.Status/100, 2)
			wantEqual(t, "Idempotency-Replayed", answer.Header.Get("Idempotency-Replayed"), "true")
			events++
			wantEqual(t, "the number of events", countEvents(t, restarted), events)
			restarted.Terminate()
		}
	})
}

func countEvents(t *testing.T, p *routecardtest.Process) int {
	t.Helper()
	return len(routecardtest.Decode[[]gen.Event](t, p.Do(t, "GET", "/api/events", "")))
}

// commitGate is a proxy before PostgreSQL that, when armed, holds back the answer to a COMMIT.
type commitGate struct {
	armed atomic.Bool
	// held is told when PostgreSQL has committed and nobody knows; the connection is cut when release is closed.
	held    chan struct{}
	release chan struct{}
}

func newCommitGate(t *testing.T, database string) (gate *commitGate, through string) {
	t.Helper()
	gate = &commitGate{held: make(chan struct{}, 1), release: make(chan struct{})}
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Host = routecardtest.Proxy(t, parsed.Host, func(piece []byte) bool {
		// CommandComplete, as the protocol has it.
		if !bytes.Contains(piece, []byte("C\x00\x00\x00\x0bCOMMIT\x00")) || !gate.armed.CompareAndSwap(true, false) {
			return true
		}
		gate.held <- struct{}{}
		<-gate.release
		return false
	})
	return gate, parsed.String()
}

// TestKillBetweenCommitAndAnswer kills the server while PostgreSQL's word that it has committed is on its way.
func TestKillBetweenCommitAndAnswer(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	gate, through := newCommitGate(t, database)
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", through}})
	gate.armed.Store(true)
	var client sync.WaitGroup
	client.Go(func() { postLost(t, p.URL+"/api/jobs", exampleJob, "k") })
	<-gate.held
	p.Kill()
	client.Wait()
	close(gate.release)

	restarted := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", database}})
	wantEqual(t, "the number of jobs before the repetition", len(listJobs(t, restarted)), 1)
	answer := restarted.Do(t, "POST", "/api/jobs", exampleJob, "Idempotency-Key: k")
	wantEqual(t, "the status", answer.Status, 201)
	wantEqual(t, "Idempotency-Replayed", answer.Header.Get("Idempotency-Replayed"), "true")
	wantEqual(t, "the number of jobs", len(listJobs(t, restarted)), 1)
}

// TestUnknownOutcome cuts the connection between server and database at the same moment. The server can't know what has
// become of the change, so it must neither make it again nor call it done; but with a key it can look the answer up.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	gate, through := newCommitGate(t, postgrestest.Database(t))
	close(gate.release)
	p := routecardtest.Start(t, routecardtest.Launch{Args: []string{"--database", through}})
	jobs := 0
	for range 5 {
		gate.armed.Store(true)
		answer := p.Do(t, "POST", "/api/jobs", exampleJob)
		<-gate.held
		wantEqual(t, "the status without a key", answer.Status, 500)
		jobs++
		wantEqual(t, "the number of jobs without a key", len(listJobs(t, p)), jobs)

		key := "Idempotency-Key: " + rand.Text()
		gate.armed.Store(true)
		answer = p.Do(t, "POST", "/api/jobs", exampleJob, key)
		<-gate.held
		wantEqual(t, "the status with a key", answer.Status, 201)
		jobs++
		wantEqual(t, "the number of jobs with a key", len(listJobs(t, p)), jobs)
		again := p.Do(t, "POST", "/api/jobs", exampleJob, key)
		wantEqual(t, "the answer to the repetition", again.Body, answer.Body)
		wantEqual(t, "the number of jobs after it", len(listJobs(t, p)), jobs)
	}
}

// TestKillUnderACrew kills the server again and again while a crew works that repeats what was not acknowledged.
func TestKillUnderACrew(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		launch := routecardtest.Launch{Args: []string{"--database", database, "--addr", freeAddress(t)}}
		p := routecardtest.Start(t, launch)
		c := crew.Start(t, 8, p.URL)
		for range 4 {
			c.Await(40)
			// At any moment of a request.
			time.Sleep(mathrand.N(20 * time.Millisecond))
			p.Kill()
			p = routecardtest.Start(t, launch)
		}
		c.Await(40)
		c.Stop()
		c.Check(p.URL)
		p.Terminate()
		exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"check", "--database", database}})
		wantEqual(t, "the exit code of check", exit.Code, 0)
		if len(c.Failures()) == 0 {
			t.Error("the crew noticed nothing")
		}
	})
}

// TestOpenServersKeepToThisMachine has addresses of other machines refused while the API is open.
func TestOpenServersKeepToThisMachine(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
			exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"--database", database, "--addr", address}})
			wantEqual(t, "the exit code", exit.Code, 1)
			sentence := "refusing to listen on " + address + " while the API is open: create a key first " +
				"(routecard keys create --name NAME --role write), or give --insecure\n"
			// Migrations are logged before it, on the first start.
			if !strings.HasSuffix(exit.Stderr, "routecard: "+sentence) {
				t.Errorf("standard error is %q", exit.Stderr)
			}
		}
		starts := func(args ...string) *routecardtest.Process {
			t.Helper()
			return routecardtest.Start(t, routecardtest.Launch{Args: append([]string{"--database", database}, args...)})
		}
		for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
			starts("--addr", address).Terminate()
		}
		// Anybody may come when somebody says so, or when keys keep the door.
		insecure := starts("--addr", "0.0.0.0:0", "--insecure")
		wantEqual(t, "the status of an insecure server", statusFor(t, insecure, "example.com"), 200)
		insecure.Terminate()
		open := starts("--addr", "127.0.0.1:0")
		wantEqual(t, "the status of an open server", statusFor(t, open, "localhost"), 200)
		wantEqual(t, "the status of an open server for another name", statusFor(t, open, "example.com"), 403)
		open.Terminate()
		exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"keys", "create", "--database", database, "--name", "erp", "--role", "read"}})
		wantEqual(t, "the exit code of keys create", exit.Code, 0)
		closed := starts("--addr", "0.0.0.0:0")
		wantEqual(t, "the status of a closed server", statusFor(t, closed, "example.com"), 401)
		closed.Terminate()
	})
}

// statusFor lists the jobs by another name of the server.
func statusFor(t *testing.T, p *routecardtest.Process, host string) int {
	t.Helper()
	address, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:"+address.Port()+"/api/jobs", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestOriginsAreCheckedAtTheStart has origins that no browser would ever send.
func TestOriginsAreCheckedAtTheStart(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"planner.example", "https://planner.example/", "https://*.example", "ftp://planner.example", "/.*/", "https://"} {
		exit := routecardtest.Run(t, routecardtest.Launch{Args: []string{"--addr", "127.0.0.1:0", "--cors-origin", origin}})
		wantEqual(t, "the exit code", exit.Code, 1)
		want := fmt.Sprintf("routecard: a CORS origin is written like https://planner.example or http://localhost:5173, not %q\n", origin)
		if !strings.HasSuffix(exit.Stderr, want) {
			t.Errorf("for %q standard error is %q", origin, exit.Stderr)
		}
	}
}
