package database

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/postgrestest"
)

// openSession opens a database with these parameters in its URL, and returns the settings of a session by name. The log of Open
// goes to out.
func openSession(t *testing.T, name, parameters string, out io.Writer) map[string]string {
	t.Helper()
	db, err := Open(t.Context(), name+parameters, Options{Logger: slog.New(slog.NewTextHandler(out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	settings := map[string]string{}
	for name := range sessionSettings {
		var value string
		if err := db.read.Raw("SELECT current_setting(?)", name).Scan(&value).Error; err != nil {
			t.Fatal(err)
		}
		settings[name] = value
	}
	return settings
}

// separator returns what stands between the URL of a database and one more parameter.
func separator(database string) string {
	if strings.Contains(database, "?") {
		return "&"
	}
	return "?"
}

// TestSessionSettings checks that each session has timeouts, and that the URL can set others. It connects by TCP, because
// PostgreSQL reports 0 for the settings of TCP on another socket.
func TestSessionSettings(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	parameters := separator(database)
	for _, c := range []struct{ parameters, name, want string }{
		{"", "idle_in_transaction_session_timeout", "10s"},
		{"", "lock_timeout", "8s"},
		{"", "tcp_user_timeout", "10000"}, // in milliseconds
		{"", "tcp_keepalives_idle", "5"},
		{"", "tcp_keepalives_interval", "2"},
		{"", "tcp_keepalives_count", "3"},
		{parameters + "lock_timeout=20s", "lock_timeout", "20s"},
		{parameters + "options=-c%20lock_timeout%3D30s", "lock_timeout", "30s"},
		{parameters + "lock_timeout=20s", "tcp_keepalives_count", "3"},
	} {
		if got := openSession(t, database, c.parameters, io.Discard)[c.name]; got != c.want {
			t.Errorf("with %q in the URL, %s is %s, want %s", c.parameters, c.name, got, c.want)
		}
	}
}

// TestLongSnapshotMayPause reads twice, and pauses for longer between the two than PostgreSQL allows a request.
func TestLongSnapshotMayPause(t *testing.T) {
	t.Parallel()
	database := postgrestest.Database(t)
	db, err := Open(t.Context(), database+separator(database)+"idle_in_transaction_session_timeout=100ms", Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	pausing := func(query *gorm.DB) error {
		if err := query.Exec("SELECT 1").Error; err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		return query.Exec("SELECT 1").Error
	}
	if err := db.Snapshot(t.Context(), pausing); err == nil {
		t.Error("a snapshot of a request may pause")
	}
	if err := db.LongSnapshot(t.Context(), pausing); err != nil {
		t.Errorf("a long snapshot may not pause: %v", err)
	}
}

// TestPoolerThatRefusesSettings opens a database through a pooler that refuses startup parameters which it does not know, as
// PgBouncer does. The log says once what to do.
func TestPoolerThatRefusesSettings(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	settings := openSession(t, pooler(t, postgrestest.Database(t)), "", &log)
	if got := settings["idle_in_transaction_session_timeout"]; got != "0" {
		t.Errorf("idle_in_transaction_session_timeout is %s", got)
	}
	if got := strings.Count(log.String(), "docs/guides/high-availability.md"); got != 1 {
		t.Errorf("the log names the page %d times:\n%s", got, &log)
	}
}

// pooler starts a server that passes a connection on to the database if its startup parameters are among those that PgBouncer
// knows, and returns the URL of the database through the server.
func pooler(t *testing.T, database string) string {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	target := parsed.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { servePooled(client, target) })
		}
	})
	parsed.Host = listener.Addr().String()
	return parsed.String()
}

func servePooled(client net.Conn, target string) {
	defer func() { _ = client.Close() }()
	backend := pgproto3.NewBackend(client, client)
	message, err := backend.ReceiveStartupMessage()
	if _, ok := message.(*pgproto3.SSLRequest); ok {
		if _, err := client.Write([]byte("N")); err != nil {
			return
		}
		message, err = backend.ReceiveStartupMessage()
	}
	startup, ok := message.(*pgproto3.StartupMessage)
	if err != nil || !ok {
		return
	}
	known := []string{"user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"}
	for name := range startup.Parameters {
		if !slices.Contains(known, name) {
			backend.Send(&pgproto3.ErrorResponse{
				Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: " + name,
			})
			_ = backend.Flush()
			return
		}
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	encoded, err := startup.Encode(nil)
	if err != nil {
		return
	}
	if _, err := server.Write(encoded); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}
