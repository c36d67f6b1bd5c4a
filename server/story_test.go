package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
)

// The examples of the contract are scenes of one story, see story_scenes_test.go. This file replays the story against a new
// server and compares each response with the printed example. Times must be equal: the clock is set to the time of each scene.
// An id of the server stands for the printed id in whose place it is first seen, and must be in all of its places from then on.

// scene is one request of the story and its response.
type scene struct {
	// at is the time of day, "10:30"; "" is the time of the scene before.
	at string
	// request is a method and a path with a query. Words in braces stand for the ids of storyNames. "LIVE" instead of GET reads
	// a live stream, "CSV" a list as CSV, and "NOJIRA" before the method asks a server without Jira.
	request string
	// body is the name of a request example, a text that begins with "{" or "[", or the lines of a CSV file; "" sends no body.
	body string
	// response is the status, and the name of the response example. Where there is none, it may be the word of storyNames that
	// stands for the id of the new resource.
	response string
}

// TestStory replays the story on both databases. It also checks what the descriptions of operations say about events.
func TestStory(t *testing.T) {
	t.Parallel()
	contract := contracttest.Routecard()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		told := replay(t, contract, database)
		if *updateExamples {
			writeExamples(t, told.responses)
			return
		}
		for _, fault := range told.faults {
			t.Error(fault)
		}
		for _, operation := range contract.Operations {
			if says := strings.Contains(strings.ReplaceAll(operation.Description, "\n", " "), "Appends `"); says != told.appends[operation.ID] {
				t.Errorf("the description of %s says that it appends events: %v; the story: %v", operation.ID, says, !says)
			}
			for _, example := range operation.Examples() {
				// Package contracttest checks errors, because some need a broken server.
				if example.Status < 400 && !told.replayed[example.String()] {
					t.Errorf("the story does not replay the example %s", example)
				}
			}
		}
		t.Logf("%d scenes replayed %d examples of %d operations", len(story), len(told.replayed), len(contract.Operations))
	})
}

// TestStoryFindsWrongExamples plants wrong values in the contract's examples, and checks that the replay finds each.
func TestStoryFindsWrongExamples(t *testing.T) {
	t.Parallel()
	contract := gen.Contract
	for _, planted := range wrongExamples {
		at := bytes.LastIndex(contract, []byte(`"`+planted.example+`": {`))
		if at < 0 {
			t.Fatalf("the contract has no example %s", planted.example)
		}
		changed := bytes.Replace(contract[at:], []byte(planted.right), []byte(planted.wrong), 1)
		if bytes.Equal(changed, contract[at:]) {
			t.Fatalf("the example %s does not contain %s", planted.example, planted.right)
		}
		contract = slices.Concat(contract[:at], changed)
	}
	told := replay(t, contracttest.Parse(contract), routecardtest.SQLite(t))
	for _, planted := range wrongExamples {
		if !slices.ContainsFunc(told.faults, func(fault string) bool { return strings.Contains(fault, planted.found) }) {
			t.Errorf("%s: the replay found %q, want %q", planted.name, told.faults, planted.found)
		}
	}
}

// TestStoryComparesEveryValue checks that the comparison finds every changed, missing, and additional value of a response.
func TestStoryComparesEveryValue(t *testing.T) {
	t.Parallel()
	for _, operation := range contracttest.Routecard().Operations {
		for _, example := range operation.Examples() {
			if example.Status == 0 || example.MediaType != "application/json" {
				continue
			}
			if found := newStory().compare(example.Value, example.Value, ""); len(found) > 0 {
				t.Errorf("%s differs from itself: %s", example, found)
			}
			for _, wrong := range withOneMistake(example.Value) {
				if found := newStory().compare(example.Value, wrong, ""); len(found) == 0 {
					t.Errorf("%s: no difference was found in %v", example, wrong)
				}
			}
		}
	}
}

// withOneMistake returns copies of a JSON value with one value changed, left out, or added in each.
func withOneMistake(value any) []any {
	var all []any
	switch value := value.(type) {
	case map[string]any:
		with := func(name string, part any) map[string]any {
			changed := map[string]any{name: part}
			for other := range value {
				if other != name {
					changed[other] = value[other]
				}
			}
			return changed
		}
		for name, part := range value {
			without := with(name, nil)
			delete(without, name)
			all = append(all, without)
			for _, wrong := range withOneMistake(part) {
				all = append(all, with(name, wrong))
			}
		}
		all = append(all, with("more", true))
	case []any:
		for i := range value {
			for _, wrong := range withOneMistake(value[i]) {
				changed := slices.Clone(value)
				changed[i] = wrong
				all = append(all, changed)
			}
			all = append(all, slices.Delete(slices.Clone(value), i, i+1))
		}
		all = append(all, append(slices.Clone(value), true))
	case string:
		all = append(all, value+"x")
	case bool:
		all = append(all, !value)
	default:
		all = append(all, json.Number("7777"))
	}
	return all
}

// told is the result of a replay.
type told struct {
	faults   []string
	replayed map[string]bool
	// appends are the operations that have appended events.
	appends map[string]bool
	// printed has the printed id for each id of the server, and real the other way round.
	printed, real map[string]string
	// responses has the response for each example in components/examples.
	responses map[string]string
}

func newStory() *told {
	return &told{replayed: map[string]bool{}, appends: map[string]bool{}, printed: map[string]string{}, real: map[string]string{}, responses: map[string]string{}}
}

// storyKey is the Idempotency-Key of the first scene. Every other command is then refused with it once.
const storyKey = "5f0c6a52-0d7b-4a0e-9d6c-6f3f2f1f7c11"

// replay plays the story against a new server with the database.
func replay(t *testing.T, contract *contracttest.Contract, database string) *told {
	t.Helper()
	fake := jiratest.New(t, jira.Cloud)
	for _, ticket := range storyTickets {
		fake.AddIssue(ticket.key, ticket.fields)
	}
	client, err := jira.New(fake.Config())
	if err != nil {
		t.Fatal(err)
	}
	s := routecardtest.New(t, database, func(options *server.Options) { options.Jira = client })
	// The clock of tests has microseconds.
	s.Clock.Advance(-s.Clock.Now().Sub(storyBegin))
	r := &replayer{
		t: t, told: newStory(), contract: contract, server: s, fake: fake, probed: map[string]bool{},
		withJira: behind(t, s, server.Options{Jira: client}, nil), withoutJira: behind(t, s, server.Options{}, nil),
	}
	for i := range story {
		r.play(&story[i], i == 0)
	}
	return r.told
}

// storyBegin is the day of the story.
var storyBegin = time.Date(2024, 1, 15, 0, 0, 0, 0, time.UTC)

// replayer plays scenes.
type replayer struct {
	*told
	t                     *testing.T
	contract              *contracttest.Contract
	server                *routecardtest.Server
	fake                  *jiratest.Server
	withJira, withoutJira *front
	// probed are the operations whose general errors were provoked.
	probed map[string]bool
	// seq is the number of the last event.
	seq int64
}

// play sends the request of a scene and compares the response.
func (r *replayer) play(s *scene, first bool) {
	r.t.Helper()
	if s.at != "" {
		at, err := time.Parse("15:04", s.at)
		if err != nil {
			r.t.Fatal(err)
		}
		now := storyBegin.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
		r.server.Clock.Advance(now.Sub(r.server.Clock.Now()))
	}
	request := strings.NewReplacer(storyNames...).Replace(s.request)
	at := r.withJira
	if rest, ok := strings.CutPrefix(request, "NOJIRA "); ok {
		at, request = r.withoutJira, rest
	}
	var headers []string
	if rest, ok := strings.CutPrefix(request, "LIVE "); ok {
		request, headers = "GET "+rest, []string{"Accept: text/event-stream"}
	}
	if rest, ok := strings.CutPrefix(request, "CSV "); ok {
		request, headers = "GET "+rest, []string{"Accept: text/csv"}
	}
	method, path, _ := strings.Cut(request, " ")
	route, query, _ := strings.Cut(path, "?")
	operation := r.contract.Find(method, route)
	if operation == nil {
		r.t.Fatalf("%s: no operation", s.request)
	}
	body := strings.NewReplacer(storyNames...).Replace(s.body)
	if body != "" && body[0] != '{' && body[0] != '[' && !strings.Contains(body, "\n") {
		example := find(operation, 0, body)
		if example == nil {
			r.t.Fatalf("%s: the operation has no request example %s", s.request, body)
		}
		body = printedText(example)
		r.show(example)
	}
	status, name, _ := strings.Cut(s.response, " ")
	code, err := strconv.Atoi(status)
	if err != nil {
		r.t.Fatal(err)
	}
	if code < 300 && !r.probed[operation.ID] && !first {
		r.probed[operation.ID] = true
		r.probe(at, operation, method, route, body)
	}
	if first {
		headers = append(headers, "Idempotency-Key: "+storyKey)
	}
	if query != "" {
		route += "?" + query
	}
	r.send(at, operation, method, route, body, code, name, headers...)
	r.checkEvents(operation)
}

// checkEvents checks that the operation has appended only events of the types that its description names.
func (r *replayer) checkEvents(operation *contracttest.Operation) {
	r.t.Helper()
	events, err := r.server.Store.Events(r.t.Context(), store.EventFilter{}, r.seq, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, event := range events.Rows {
		r.seq = event.Seq
		r.appends[operation.ID] = true
		if !strings.Contains(operation.Description, "`"+string(event.Type)+"`") {
			r.fault("%s has appended %s, which its description does not name", operation.ID, event.Type)
		}
	}
}

// probe provokes the errors that every operation of a kind can answer, before the operation is carried out for the first time.
func (r *replayer) probe(at *front, operation *contracttest.Operation, method, route, body string) {
	r.t.Helper()
	for _, example := range operation.Examples() {
		switch {
		case example.Status == http.StatusUnprocessableEntity:
			r.send(at, operation, method, route, body, example.Status, example.Name, "Idempotency-Key: "+storyKey)
		case example.Status == http.StatusPreconditionFailed:
			r.send(at, operation, method, route, body, example.Status, example.Name, `If-Match: "999"`)
		case example.Status == http.StatusBadRequest && example.Name == "encoding":
			r.send(at, operation, method, route+"?%zz", body, example.Status, example.Name)
		case example.Status == http.StatusBadRequest && example.Name == "limit":
			r.send(at, operation, method, route+"?limit=0", body, example.Status, example.Name)
		}
	}
}

// send sends a request with the server's ids in place of the printed ones, and compares the response with the example.
func (r *replayer) send(at *front, operation *contracttest.Operation, method, path, body string, status int, name string, headers ...string) {
	r.t.Helper()
	what := fmt.Sprintf("%s %s %s", method, path, body)
	request, err := http.NewRequestWithContext(r.t.Context(), method, at.url+r.toReal(path), strings.NewReader(r.toReal(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	if operation.File != "" {
		request.Header.Set("Content-Type", "text/csv")
	} else if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := at.client.Do(request)
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	defer response.Body.Close()
	media, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	var text []byte
	if media == "text/event-stream" {
		text, err = readEvent(response.Body)
	} else {
		text, err = io.ReadAll(response.Body)
	}
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	if response.StatusCode != status {
		r.fault("%s answered %d, want %d: %s", what, response.StatusCode, status, text)
		return
	}
	if strings.HasPrefix(name, "{") {
		var created struct{ ID string }
		if err := json.Unmarshal(text, &created); err != nil {
			r.t.Fatalf("%s: %v", what, err)
		}
		printed := strings.NewReplacer(storyNames...).Replace(name)
		r.real[printed], r.printed[created.ID] = created.ID, printed
		return
	}
	if name == "" && find(operation, status, "", media) == nil {
		return
	}
	example := find(operation, status, name, media)
	if example == nil {
		r.t.Fatalf("%s: the operation has no example %s of %d", what, name, status)
	}
	got := strings.ReplaceAll(r.toPrinted(string(text)), r.fake.URL, "https://example.atlassian.net")
	differences := r.compare(parse(media, printedText(example)), parse(media, got), "")
	if *updateExamples && example.Component != "" {
		r.responses[example.Component] = toJSON(media, strings.ReplaceAll(r.updated(string(text)), r.fake.URL, "https://example.atlassian.net"))
	}
	for _, difference := range differences {
		r.fault("%s: %s: %s", example, what, difference)
	}
	if len(differences) == 0 {
		r.show(example)
	}
}

func (r *replayer) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// show records that an example was replayed.
func (r *replayer) show(example *contracttest.Example) {
	r.replayed[example.String()] = true
	contracttest.Seen.RecordExample(*example)
}

// find returns an example of the operation, or nil. The media type of a request is not compared.
func find(operation *contracttest.Operation, status int, name string, media ...string) *contracttest.Example {
	for _, example := range operation.Examples() {
		if example.Status == status && example.Name == name && (len(media) == 0 || example.MediaType == media[0]) {
			return &example
		}
	}
	return nil
}

// readEvent reads a live stream to the end of its first event, which follows the comment that the stream begins with.
func readEvent(stream io.Reader) ([]byte, error) {
	var text []byte
	lines := bufio.NewReader(stream)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if line[0] != ':' && (len(text) > 0 || line[0] != '\n') {
			text = append(text, line...)
		}
		if len(text) > 0 && line[0] == '\n' {
			return text, nil
		}
	}
}
