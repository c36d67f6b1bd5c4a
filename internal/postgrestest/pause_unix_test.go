//go:build unix

package postgrestest_test

import (
	"testing"
	"time"

	"github.com/routecard/routecard/internal/postgrestest"
)

func TestPausedClusterRespondsAfterResume(t *testing.T) {
	t.Parallel()
	cluster := postgrestest.Start(t, postgrestest.Options{})
	conn := connect(t, cluster.URL("postgres"))
	cluster.Pause()
	answered := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "SELECT 1")
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Errorf("the paused server answered: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	cluster.Resume()
	if err := <-answered; err != nil {
		t.Errorf("after the pause: %v", err)
	}
}
