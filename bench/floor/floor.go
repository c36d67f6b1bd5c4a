// Package floor is a server that does by hand, with little code, what Routecard does. It answers the same requests with
// net/http and encoding/json, uses the same drivers, and writes the same rows as durably to a database that has Routecard's
// schema. So a request to a floor costs HTTP, JSON, the statements, and the commit. A floor checks almost nothing, has no
// idempotency keys, API keys, metrics, or request log, and does not take the lock by which Routecard orders the events on
// PostgreSQL.
//
// Begin with [Serve]. The statements are in sqlite.go, postgres.go, and rows.go.
package floor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Kinds of floors.
const (
	// Single commits each request on its own.
	Single = "single"
	// SingleRow is Single, but createJob inserts the row of the job without labels and event.
	SingleRow = "single row"
	// Group commits all requests together that wait at the same time, up to 256.
	Group = "group"
	// GroupRow is Group, but createJob inserts the row of the job without labels and event.
	GroupRow = "group row"
)

// database has the statements for one of the two databases. Each method is one transaction.
type database interface {
	// insertJobs inserts jobs with their labels and events, or just the rows of table jobs unless all is set.
	insertJobs(jobs []*job, all bool) error
	// eachJob calls yield with each job, newest first.
	eachJob(yield func(*job) error) error
	createUnits(path string, quantity int) ([]*unit, error)
	// advance moves the units to their next steps. It reads everything but their ids.
	advance(units []*unit) error
	// writers returns the maximum number of concurrent group commits of jobs.
	writers() int
}

// Serve runs a floor of the given kind. When it serves, it writes a log line with its URL as Routecard does.
func Serve(kind, name string, log io.Writer) error {
	db, err := open(name)
	if err != nil {
		return err
	}
	limit, writers := 1, 1
	if kind == Group || kind == GroupRow {
		limit, writers = 256, db.writers()
	}
	all := kind == Single || kind == Group
	insert := group(limit, writers, func(jobs []*job) error { return db.insertJobs(jobs, all) })
	advance := group(limit, 1, db.advance)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/jobs", respond(func(r *http.Request) (int, any, error) {
		j, err := decodeJob(r.Body)
		if err != nil {
			return 0, nil, err
		}
		return http.StatusCreated, j, insert(j)
	}))
	mux.HandleFunc("GET /api/jobs", func(w http.ResponseWriter, _ *http.Request) {
		if err := writeJobs(w, db); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
	mux.HandleFunc("POST /api/serials", respond(func(r *http.Request) (int, any, error) {
		var body struct {
			PathID   string `json:"pathId"`
			Quantity int    `json:"quantity"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return 0, nil, err
		}
		units, err := db.createUnits(body.PathID, body.Quantity)
		return http.StatusCreated, units, err
	}))
	mux.HandleFunc("POST /api/serials/{id}/advance", respond(func(r *http.Request) (int, any, error) {
		u := &unit{ID: r.PathValue("id")}
		return http.StatusOK, u, advance(u)
	}))
	mux.HandleFunc("POST /api/serials/advance", respond(func(r *http.Request) (int, any, error) { return advanceMany(r, db) }))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(log, `{"msg":"serving","url":"http://%s"}`+"\n", listener.Addr())
	return http.Serve(listener, mux) //nolint:gosec // the benchmark is the only client, so timeouts protect nobody
}

func open(name string) (database, error) {
	if strings.HasPrefix(name, "postgres") {
		pool, err := pgxpool.New(context.Background(), name)
		return postgres{pool}, err
	}
	return openSQLite(name)
}

// respond encodes what handle returns. An error becomes a response with status 500.
func respond(handle func(*http.Request) (status int, body any, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body, err := handle(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // fails when the client has gone
	}
}

// group returns a function that passes an item to write and returns when write has returned. Each of the writers passes all
// items that wait, up to the limit.
func group[T any](limit, writers int, write func([]T) error) func(T) error {
	type waiting struct {
		item T
		done chan error
	}
	queue := make(chan waiting, limit)
	for range writers {
		go func() {
			for first := range queue {
				items, done := []T{first.item}, []chan error{first.done}
				for more := true; more && len(items) < limit; {
					select {
					case next := <-queue:
						items, done = append(items, next.item), append(done, next.done)
					default:
						more = false
					}
				}
				err := write(items)
				for _, d := range done {
					d <- err
				}
			}
		}()
	}
	return func(item T) error {
		done := make(chan error, 1)
		queue <- waiting{item, done}
		return <-done
	}
}

// writeJobs encodes each job as it is read.
func writeJobs(w http.ResponseWriter, db database) error {
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(w, 32<<10)
	encoder, separator := json.NewEncoder(out), byte('[')
	if err := db.eachJob(func(j *job) error {
		out.WriteByte(separator)
		separator = ','
		return encoder.Encode(j)
	}); err != nil {
		return err
	}
	out.WriteByte(']')
	return out.Flush()
}

// advanceMany answers a bulk advance.
func advanceMany(r *http.Request, db database) (int, any, error) {
	var body struct {
		SerialIDs []string `json:"serialIds"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return 0, nil, err
	}
	type result struct {
		SerialID string `json:"serialId"`
		OK       bool   `json:"ok"`
		Serial   *unit  `json:"serial"`
	}
	units, results := make([]*unit, len(body.SerialIDs)), make([]result, len(body.SerialIDs))
	for i, id := range body.SerialIDs {
		units[i] = &unit{ID: id}
		results[i] = result{id, true, units[i]}
	}
	return http.StatusOK, map[string]any{"succeeded": len(units), "failed": 0, "results": results}, db.advance(units)
}
