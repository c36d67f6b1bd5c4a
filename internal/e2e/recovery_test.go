//go:build failover

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/postgrestest"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestFailoverRestoreToMoment restores PostgreSQL to a moment between two jobs, as docs/guides/backup-and-restore.md says. The job
// before the moment is there, and the job after it is not.
func TestFailoverRestoreToMoment(t *testing.T) {
	cluster := postgrestest.Start(t, postgrestest.Options{Durable: true})
	cluster.Archive()
	server := startServer(t, "--database", cluster.CreateDatabase("routecard"))
	create := func(p *process, name string) {
		t.Helper()
		answer := p.do(t, "POST", "/api/jobs", `{"name":"`+name+`","goalQuantity":1}`)
		wantEqual(t, "the status of "+name, answer.Status, http.StatusCreated)
	}
	names := func(p *process) string {
		t.Helper()
		var names []string
		for _, job := range routecardtest.Decode[[]gen.Job](t, p.do(t, "GET", "/api/jobs", "")) {
			names = append(names, job.Name)
		}
		return strings.Join(names, " ")
	}
	epoch := func(p *process) string { return p.do(t, "GET", "/api/events", "").Header.Get("Routecard-Feed-Epoch") }

	create(server, "before-the-backup")
	backup := cluster.BaseBackup(t)
	create(server, "A")
	moment := cluster.Now()
	create(server, "B")
	wantEqual(t, "the jobs before the restore", names(server), "B A before-the-backup")
	before := epoch(server)
	server.terminate()
	cluster.Stop()

	backup.RecoverTo(cluster, moment)
	restored := backup.URL("routecard")
	wantEqual(t, "the exit code of new-epoch", runCommand(t, "new-epoch", "--database", restored).code, 0)
	wantSound(t, restored)
	server = startServer(t, "--database", restored)
	wantEqual(t, "the jobs after the restore", names(server), "A before-the-backup")
	if after := epoch(server); after == before {
		t.Errorf("the epoch is still %s", after)
	}
	create(server, "C")
	wantEqual(t, "the jobs after a change", names(server), "C A before-the-backup")
	server.terminate()
	wantSound(t, restored)
}
