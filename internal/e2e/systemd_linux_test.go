package e2e

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// TestSystemdNotifications checks that the server tells systemd when it is ready and when it stops.
func TestSystemdNotifications(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "notify")
	systemd, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	next := func() string {
		t.Helper()
		if err := systemd.SetReadDeadline(time.Now().Add(timeout)); err != nil {
			t.Fatal(err)
		}
		message := make([]byte, 1000)
		n, err := systemd.Read(message)
		if err != nil {
			t.Fatal(err)
		}
		return string(message[:n])
	}
	p := program{env: []string{"NOTIFY_SOCKET=" + socket}}.start(t)
	wantEqual(t, "the first notification", next(), "READY=1")
	p.terminate()
	wantEqual(t, "the second notification", next(), "STOPPING=1")
}
