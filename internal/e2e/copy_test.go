package e2e

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/store"
)

// TestCopy takes a shop from SQLite to PostgreSQL and back. Everything is the same at each place: rows, API keys, idempotency
// keys, seals, and the numbers of later events. A table that Litestream has added is left out.
func TestCopy(t *testing.T) {
	t.Parallel()
	first, postgres, second := routecardtest.SQLitePath(t), postgrestest.Database(t), routecardtest.SQLitePath(t)
	p := startServer(t, "--database", first)
	_, pathID := createJobWithPath(t, p, 3)
	wantEqual(t, "the status of a job with labels", p.do(t, "POST", "/api/jobs", `{"name":"Größe 5 °C","goalQuantity":1,"jiraLabels":["Q1-2024","rush"]}`).Status, http.StatusCreated)
	body := `{"pathId":"` + pathID + `","quantity":150}`
	units := p.do(t, "POST", "/api/serials", body)
	wantEqual(t, "the status of new units", units.Status, http.StatusCreated)
	wantEqual(t, "the status of a move", p.do(t, "POST", "/api/serials/SN-00002/advance", `{"fromStepIndex":0}`).Status, http.StatusOK)
	wantEqual(t, "the status of a scrap", p.do(t, "POST", "/api/serials/SN-00003/scrap", `{"reason":"damaged"}`).Status, http.StatusOK)
	wantEqual(t, "the status of a completion", p.do(t, "POST", "/api/serials/SN-00004/force-complete", `{"reason":"ok"}`).Status, http.StatusOK)
	key := strings.TrimSpace(runCommand(t, "keys", "create", "--name", "erp", "--role", "write", "--database", first).stdout)
	authorization := "Authorization: Bearer " + key
	p.terminate()
	p = startServer(t, "--database", first)
	kept := p.do(t, "POST", "/api/jobs", exampleJob, authorization, "Idempotency-Key: before-the-copy")
	wantEqual(t, "the status of a job with an idempotency key", kept.Status, http.StatusCreated)
	events := countEventsAs(t, p, authorization)
	p.terminate() // seals all events
	addTable(t, first, "_litestream_seq")

	forth := runCommand(t, "copy", "--from", first, "--to", postgres)
	back := runCommand(t, "copy", "--from", postgres, "--to", second)
	tables := func(r result) string {
		t.Helper()
		printed, last, ok := strings.Cut(r.stdout, "\ncopied ")
		if r.code != 0 || !ok || !strings.HasSuffix(last, ": both have the same fingerprints, and the check of the copy has found no fault\n") {
			t.Fatalf("copy: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		}
		return printed
	}
	inOrder := func(printed string) map[string]bool {
		lines := map[string]bool{}
		for line := range strings.Lines(printed + "\n") {
			lines[strings.Join(strings.Fields(line), " ")] = true
		}
		return lines
	}
	there, again := inOrder(tables(forth)), inOrder(tables(back))
	wantEqual(t, "the number of tables", len(there), len(again))
	for line := range there {
		wantEqual(t, "whether the second copy has "+line, again[line], true)
	}
	if !strings.Contains(forth.stdout, "serials ") || !strings.Contains(forth.stdout, "  150  ") {
		t.Errorf("the copy lacks the 150 units:\n%s", forth.stdout)
	}
	for _, database := range []string{postgres, second} {
		wantSound(t, database)
		wantEqual(t, "what check says about the seals", sealsOf(t, database), sealsOf(t, first))
		s := startServer(t, "--database", database)
		repeated := s.do(t, "POST", "/api/jobs", exampleJob, authorization, "Idempotency-Key: before-the-copy")
		wantEqual(t, "the response to a repeated request", repeated.Body, kept.Body)
		wantEqual(t, "the number of events", countEventsAs(t, s, authorization), events)
		next := s.do(t, "POST", "/api/serials", `{"pathId":"`+pathID+`","quantity":1}`, authorization)
		wantEqual(t, "whether the next unit is SN-00151", strings.Contains(next.Body, `"id":"SN-00151"`), true)
		wantEqual(t, "the number of events after a change", countEventsAs(t, s, authorization), events+1)
		s.terminate()
		wantSound(t, database)
	}
	for _, database := range []string{postgres, second} {
		wantFailure(t, runCommand(t, "copy", "--from", first, "--to", database),
			"the database "+store.Describe(database)+" is not empty: copy to a new file or to a new PostgreSQL database")
	}
	missing := filepath.Join(t.TempDir(), "missing.db")
	wantFailure(t, runCommand(t, "copy", "--from", missing, "--to", routecardtest.SQLitePath(t)), "there is no database "+missing)
}

// addTable adds a table of another program to a SQLite database.
func addTable(t *testing.T, database, name string) {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Mode: store.Beside, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Pools()["write"].ExecContext(t.Context(), "CREATE TABLE "+name+" (id INTEGER PRIMARY KEY, seq INTEGER)"); err != nil {
		t.Fatal(err)
	}
}

// sealsOf returns what check prints from the newest seal on.
func sealsOf(t *testing.T, database string) string {
	t.Helper()
	_, seals, _ := strings.Cut(runCommand(t, "check", "--database", database).stdout, "newest seal: ")
	return seals
}

// countEventsAs counts all events with the given header.
func countEventsAs(t *testing.T, p *process, authorization string) int {
	t.Helper()
	return len(routecardtest.Decode[[]struct{ Seq int }](t, p.do(t, "GET", "/api/events", "", authorization)))
}

// TestCopyInterrupted interrupts a copy, and then runs it again.
func TestCopyInterrupted(t *testing.T) {
	t.Parallel()
	source := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", source)
	_, pathID := createJobWithPath(t, p, 1)
	wantEqual(t, "the status of new units", p.do(t, "POST", "/api/serials", `{"pathId":"`+pathID+`","quantity":1000}`).Status, http.StatusCreated)
	p.terminate()
	for _, target := range []string{postgrestest.Database(t), routecardtest.SQLitePath(t)} {
		for _, after := range []int64{1000, 3000} { // while it copies, and while it compares
			ctx, interrupt := context.WithCancel(t.Context())
			_, err := store.Copy(ctx, source, target, func(done, _ int64) {
				if done >= after {
					interrupt()
				}
			})
			interrupt()
			want := "the copy was interrupted and " + store.Describe(target) + " is still empty: run the same command again"
			if err == nil || err.Error() != want {
				t.Errorf("the interrupted copy returns %v, want %s", err, want)
			}
		}
		if _, err := store.Copy(t.Context(), source, target, func(int64, int64) {}); err != nil {
			t.Errorf("the second copy fails: %v", err)
		}
		wantSound(t, target)
	}
}
