// Package routecardtest runs a Routecard server within a test.
//
// Most tests call [Each]: it starts a server with a new database and the client that is generated from the contract, once
// with SQLite and once with PostgreSQL. Every response that comes through the client or [Server.Do] is checked against the
// contract. Package internal/e2e tests the program in a process of its own.
package routecardtest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/contracttest"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
	"github.com/routecard/routecard/web"
)

// Tests leave much garbage and keep little, so collecting it less often saves a tenth of their time. The environment variable GOGC would
// also change the programs that tests start.
func init() { debug.SetGCPercent(400) }

// Server is a Routecard server of one test.
type Server struct {
	// URL is the server's URL, without a slash at the end.
	URL string
	// Client is the generated client of the server.
	Client *client.ClientWithResponses
	// Store is the store of the server.
	Store *store.Store
	// Database is the file or URL of the store's database.
	Database string
	// Clock is the clock of the store.
	Clock *Clock
	// Log has the log lines of the server, at every level.
	Log *Log

	http *http.Client
}

// Each runs the test twice, with a new server each time: on SQLite and on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	EachDatabase(t, func(t *testing.T, database string) {
		t.Helper()
		test(t, New(t, database))
	})
}

// EachDatabase runs the test twice, with the file or URL of a new database each time: SQLite, and PostgreSQL with the schema of the store.
func EachDatabase(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	for _, database := range []struct {
		name   string
		create func(testing.TB) string
	}{
		{"sqlite", SQLite},
		{"postgres", postgres},
	} {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			test(t, database.create(t))
		})
	}
}

// postgres returns the URL of a database of PostgreSQL with the schema of the store, and nothing else.
func postgres(t testing.TB) string {
	t.Helper()
	return postgrestest.Copy(t, migrate)
}

// SQLite returns the path of a new SQLite file with the schema of the store, and nothing else. The file is deleted at the end of the test.
func SQLite(t testing.TB) string {
	t.Helper()
	content, err := migratedSQLite()
	if err != nil {
		t.Fatalf("migrate a SQLite file: %v", err)
	}
	path := SQLitePath(t)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatalf("write a SQLite file: %v", err)
	}
	return path
}

// SQLitePath returns the path of a SQLite file that does not exist yet. The file is deleted at the end of the test.
func SQLitePath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "routecard.db")
}

// migratedSQLite returns the content of a SQLite file with the schema of the store. Copying it is much faster than the migrations.
var migratedSQLite = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "routecardtest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "routecard.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// migrate gives an empty database the schema of the store.
func migrate(database string) error {
	s, err := store.Open(context.Background(), database, store.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}

// New starts a server with the database. Each of the changes may set options of the server.
func New(t testing.TB, database string, changes ...func(*server.Options)) *Server {
	t.Helper()
	s := &Server{Database: database, Clock: NewClock(), Log: &Log{}}
	db, err := store.Open(t.Context(), database, store.Options{Clock: s.Clock.Now, Logger: s.Log.Logger()})
	if err != nil {
		t.Fatalf("open the store: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	s.Store = db
	options := server.Options{Logger: s.Log.Logger(), Clock: s.Clock.Now, Pages: web.Files()}
	for _, change := range changes {
		change(&options)
	}
	handler, err := server.New(db, options)
	if err != nil {
		t.Fatalf("create the server: %v", err)
	}
	listener := httptest.NewServer(handler)
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	s.http = HTTPClient(t)
	s.Client, err = client.NewClientWithResponses(s.URL, client.WithHTTPClient(s.http))
	if err != nil {
		t.Fatalf("create the client: %v", err)
	}
	return s
}

// HTTPClient returns a client that checks each response against the contract.
func HTTPClient(t testing.TB) *http.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Tests with many goroutines would otherwise open a connection for each request.
	transport.MaxIdleConnsPerHost = 64
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: contracttest.Transport(t, transport)}
}
