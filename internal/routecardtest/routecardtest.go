// Package routecardtest gives tests a real Routecard.
//
// [Each] is what most tests want: a server over HTTP, with the client that is generated from the contract, once on SQLite
// and once on PostgreSQL. Every answer that comes through the server's client or its Do is checked against the contract.
//
// [Start] starts the real binary in a process of its own, for what only a process can show: kill -9, signals, exit codes.
package routecardtest

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
)

// Server is a Routecard server that belongs to one test.
type Server struct {
	// URL is where it serves, without a slash at the end.
	URL string
	// Client is the generated client of it.
	Client *client.ClientWithResponses
	// Store is what it serves from.
	Store *store.Store
	// Database is what the store was opened with.
	Database string
	// Clock is the store's; it stands still until a test moves it.
	Clock *Clock
	// Log is what the server logged, at every level.
	Log *Log

	http *http.Client
}

// Each runs the test twice, each time with a new server: on SQLite and on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, database string) {
		t.Helper()
		test(t, New(t, database))
	})
}

// EachDatabase runs the test twice, each time with the name of a new and empty database: SQLite and PostgreSQL.
func EachDatabase(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	for _, database := range []struct {
		name   string
		create func(testing.TB) string
	}{
		{"sqlite", SQLite},
		{"postgres", postgrestest.Database},
	} {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			test(t, database.create(t))
		})
	}
}

// SQLite returns the path of a SQLite file that does not exist yet and is gone after the test.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "routecard.db")
}

// New starts a server on the database. Changes are made to its options.
func New(t testing.TB, database string, changes ...func(*server.Options)) *Server {
	t.Helper()
	s := &Server{Database: database, Clock: NewClock(), Log: &Log{}}
	db, err := store.Open(t.Context(), database, store.Options{Clock: s.Clock.Now, Logger: s.Log.logger()})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	s.Store = db
	options := server.Options{Logger: s.Log.logger()}
	for _, change := range changes {
		change(&options)
	}
	handler, err := server.New(db, options)
	if err != nil {
		t.Fatalf("make the server: %v", err)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	s.http, s.Client = clients(t, s.URL)
	return s
}

// clients returns two faces of one HTTP client that checks what is answered.
func clients(t testing.TB, url string) (*http.Client, *client.ClientWithResponses) {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// As many as a test has goroutines, or a crowd of them would open a connection for each request.
	transport.MaxIdleConnsPerHost = 64
	t.Cleanup(transport.CloseIdleConnections)
	plain := &http.Client{Transport: contracttest.Transport(t, transport)}
	typed, err := client.NewClientWithResponses(url, client.WithHTTPClient(plain))
	if err != nil {
		t.Fatalf("make the client: %v", err)
	}
	return plain, typed
}
