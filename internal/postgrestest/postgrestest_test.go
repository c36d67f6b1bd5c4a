//go:build unix

package postgrestest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/routecard/routecard/internal/postgrestest"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func query[T any](t *testing.T, conn *pgx.Conn, sql string) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func assertEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	admin := connect(t, postgrestest.Database(t))
	var name string

	t.Run("is empty, UTF-8, and knows case in every script", func(t *testing.T) {
		conn := connect(t, postgrestest.Database(t))
		name = query[string](t, conn, "SELECT current_database()")
		assertEqual(t, "the number of tables", query[int](t, conn, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0)
		assertEqual(t, "the encoding", query[string](t, conn, "SHOW server_encoding"), "UTF8")
		assertEqual(t, "lower('ÄЖ')", query[string](t, conn, "SELECT lower('ÄЖ')"), "äж")
		exec1(t, conn, "CREATE TABLE jobs (id int)")
		// Left open on purpose, and inside a transaction.
		exec1(t, connect(t, conn.Config().ConnString()), "BEGIN")
	})
	t.Run("is gone after its test", func(t *testing.T) {
		assertEqual(t, "the number of databases called "+name,
			query[int](t, admin, "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"), 0)
	})
	t.Run("is empty each time", func(t *testing.T) {
		for range 3 {
			conn := connect(t, postgrestest.Database(t))
			assertEqual(t, "the number of tables", query[int](t, conn, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0)
			assertEqual(t, "the encoding", query[string](t, conn, "SHOW server_encoding"), "UTF8")
		}
	})
	t.Run("is one of many at once", func(t *testing.T) {
		for i := range 8 {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				exec1(t, connect(t, postgrestest.Database(t)), "CREATE TABLE jobs (id int)")
			})
		}
	})
}

// TestCopy changes a copy, which the next copy must not have.
func TestCopy(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn := connect(t, postgrestest.Copy(t, func(database string) error {
			conn := connect(t, database)
			exec1(t, conn, "CREATE TABLE jobs (id int)")
			return conn.Close(t.Context())
		}))
		assertEqual(t, "the number of jobs", query[int](t, conn, "SELECT count(*) FROM jobs"), 0)
		exec1(t, conn, "INSERT INTO jobs VALUES (1)")
	}
}

func TestClusterStopAndKill(t *testing.T) {
	t.Parallel()
	c := postgrestest.Start(t, postgrestest.Options{Durable: true})
	url := c.CreateDatabase("jobs")
	conn := connect(t, url)
	assertEqual(t, "fsync", query[string](t, conn, "SHOW fsync"), "on")
	exec1(t, conn, "CREATE TABLE jobs (id int)")

	for i, end := range []func(){c.Stop, c.Kill, c.Kill} {
		conn := connect(t, url)
		exec1(t, conn, fmt.Sprintf("INSERT INTO jobs VALUES (%d)", i))
		end()
		end() // once more does no harm
		if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
			t.Error("a connection outlives its server")
		}
		if _, err := pgx.Connect(t.Context(), url); err == nil {
			t.Error("a server that has ended accepts connections")
		}
		c.Start()
		assertEqual(t, "the number of rows", query[int](t, connect(t, url), "SELECT count(*) FROM jobs"), i+1)
	}
}

func TestClusterKillEndsEveryProcess(t *testing.T) {
	t.Parallel()
	c := postgrestest.Start(t, postgrestest.Options{})
	conn := connect(t, c.URL("postgres"))
	backend := int(conn.PgConn().PID())
	go func() { _, _ = conn.Exec(context.Background(), "SELECT pg_sleep(60)") }()
	c.Kill()
	assertGone(t, backend)
}

func TestSyncStandbyTakesOver(t *testing.T) {
	t.Parallel()
	primary := postgrestest.Start(t, postgrestest.Options{})
	onPrimary := connect(t, primary.URL("postgres"))
	exec1(t, onPrimary, "CREATE TABLE jobs (id int)")
	standby := primary.SyncStandby(t)

	const rows = 100
	for range rows {
		exec1(t, onPrimary, "INSERT INTO jobs VALUES (1)")
	}
	onStandby := connect(t, standby.URL("postgres"))
	assertEqual(t, "pg_is_in_recovery()", query[bool](t, onStandby, "SELECT pg_is_in_recovery()"), true)
	awaitRows(t, onStandby, rows)
	primary.Kill()
	standby.Promote()

	conn := connect(t, standby.URL("postgres"))
	exec1(t, conn, "INSERT INTO jobs VALUES (2)") // does not wait for a standby of its own
	assertEqual(t, "the number of rows", query[int](t, conn, "SELECT count(*) FROM jobs"), rows+1)
}

func TestSyncStandbyHoldsUpCommits(t *testing.T) {
	t.Parallel()
	primary := postgrestest.Start(t, postgrestest.Options{})
	exec1(t, connect(t, primary.URL("postgres")), "CREATE TABLE jobs (id int)")
	standby := primary.SyncStandby(t)
	standby.Stop()

	conn := connect(t, primary.URL("postgres"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := conn.Exec(ctx, "INSERT INTO jobs VALUES (1)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a commit without the standby answers %v", err)
	}
	// The row is on the primary's disk, and reaches the standby when it returns.
	standby.Start()
	awaitRows(t, connect(t, standby.URL("postgres")), 1)
}

func awaitRows(t *testing.T, conn *pgx.Conn, want int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got := query[int](t, conn, "SELECT count(*) FROM jobs")
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d rows after 10 s, want %d", got, want)
		}
	}
}

// TestNothingOutlivesTheTestBinary runs this test binary in another process, which starts clusters and ends in every way that a
// test binary can end.
func TestNothingOutlivesTheTestBinary(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"return", "exit", "panic", "SIGKILL", "SIGINT"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEndAs$", "-test.v")
			cmd.Env = append(os.Environ(), "POSTGRESTEST_END="+end, postgrestest.EnvServer+"=")
			out, _ := cmd.CombinedOutput() // most of the ends are failures
			var dirs []string
			for line := range strings.Lines(string(out)) {
				if _, dir, found := strings.Cut(line, "DATA "); found {
					dirs = append(dirs, strings.TrimSpace(dir))
				}
			}
			if len(dirs) != 2 {
				t.Fatalf("the test binary printed:\n%s", out)
			}
			for _, dir := range dirs {
				dir, pid, _ := strings.Cut(dir, " ")
				number, err := strconv.Atoi(pid)
				if err != nil {
					t.Fatal(err)
				}
				assertGone(t, number)
				assertRemoved(t, filepath.Dir(dir))
			}
		})
	}
}

// TestNothingOutlivesATestBinaryThatIsKilledAtTheStart kills it while initdb runs, while the server starts, and so on.
func TestNothingOutlivesATestBinaryThatIsKilledAtTheStart(t *testing.T) {
	t.Parallel()
	for _, milliseconds := range []int{20, 300, 900} {
		after := time.Duration(milliseconds) * time.Millisecond
		t.Run("after "+after.String(), func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "postgrestest-") //nolint:usetesting // only root gets into t.TempDir
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			if err := os.Chmod(dir, 0o755); err != nil { // or the server's user could not enter it
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestEndAs$")
			cmd.Env = append(os.Environ(), "POSTGRESTEST_END=return", postgrestest.EnvServer+"=", "TMPDIR="+dir)
			_ = cmd.Run() // ends by SIGKILL
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				left, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				if len(left) == 0 {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s still holds %v", dir, left)
				}
			}
		})
	}
}

// TestEndAs is not a test. TestNothingOutlivesTheTestBinary runs it in another process.
func TestEndAs(t *testing.T) {
	end := os.Getenv("POSTGRESTEST_END")
	if end == "" {
		return
	}
	conn := connect(t, postgrestest.Database(t))
	own := connect(t, postgrestest.Start(t, postgrestest.Options{}).URL("postgres"))
	for _, conn := range []*pgx.Conn{conn, own} {
		dir := query[string](t, conn, "SHOW data_directory")
		content, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		pid, _, _ := strings.Cut(string(content), "\n")
		fmt.Println("DATA", dir, pid)
	}
	switch end {
	case "exit":
		os.Exit(3)
	case "panic":
		go panic("on purpose")
		time.Sleep(time.Minute)
	case "SIGKILL":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "SIGINT":
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		time.Sleep(time.Minute)
	}
}

func assertGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		// A zombie counts as gone: the first process of a container may never read its exit status.
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %d is alive", pid)
}

func assertRemoved(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
	}
	t.Errorf("%s is still there", dir)
}
