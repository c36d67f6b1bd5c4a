package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// Each run writes to a disk: a tenth of rapid's own number keeps the test short.
func init() {
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
}

// openStore opens a store for a test or a benchmark.
func openStore(t testing.TB, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), database, store.Options{Clock: routecardtest.NewClock().Now, Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestProduction sends random commands and edits through the store. After each of them every count equals a recount by SQL, every change
// has exactly one event, and refused commands change nothing. In the end the state equals a replay.
func TestProduction(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := openStore(t, database)
		rapid.Check(t, func(r *rapid.T) {
			p := &production{s: s, ctx: t.Context()}
			p.begin(r)
			r.Repeat(map[string]func(*rapid.T){
				"":        p.recount,
				"create":  p.create,
				"command": p.command,
				"undo":    p.undo,
				"each":    p.each,
				"all":     p.all,
				"revise":  p.revise,
				"close":   p.closeAndReopen,
				"urgency": p.changeUrgency,
				"delete":  p.deletePath,
			})
		})
		seal(t, s)
		wantSound(t, s)
	})
}

// production is a job with two paths and their units.
type production struct {
	s     *store.Store
	ctx   context.Context
	job   models.Job
	paths []string
	units []string
}

var (
	modes        = rapid.SampledFrom([]models.AdvancementMode{models.Strict, models.Flexible, models.PerStep})
	dependencies = rapid.SampledFrom([]models.DependencyType{models.Preferred, models.Physical, models.CompletionGate})
	places       = rapid.SampledFrom([]*string{nil, new("Bay 1"), new("Bay 2"), new("tom")})
)

func (p *production) begin(t *rapid.T) {
	job, _, err := p.s.CreateJob(p.ctx, store.Request{}, models.Job{Name: "JOB-2024-001", GoalQuantity: 5})
	if err != nil {
		t.Fatal(err)
	}
	p.job = job
	for range 2 {
		path, _, err := p.s.CreatePath(p.ctx, store.Request{}, models.Path{
			JobID: job.ID, Name: "Main Route", GoalQuantity: 5, AdvancementMode: modes.Draw(t, "mode"),
		}, rapid.SliceOfN(rapid.Custom(anyStep), 1, 5).Draw(t, "steps"))
		if err != nil {
			t.Fatal(err)
		}
		p.paths = append(p.paths, path.ID)
		p.put(t, path.ID, 3)
	}
}

func anyStep(t *rapid.T) models.StepChange {
	name, optional := rapid.StringMatching("[A-C]{1,2}").Draw(t, "name"), rapid.Bool().Draw(t, "optional")
	dependency := dependencies.Draw(t, "dependency")
	location, assignee := places.Draw(t, "location"), places.Draw(t, "assignee")
	return models.StepChange{
		Name: &name, Optional: &optional, DependencyType: &dependency, Location: &location, AssignedTo: &assignee,
	}
}

func (p *production) put(t *rapid.T, path string, quantity int) {
	serials, _, err := p.s.CreateUnits(p.ctx, store.Request{}, models.NewUnits{PathID: path, Quantity: &quantity})
	if err != nil {
		t.Fatal(err)
	}
	for _, serial := range serials {
		p.units = append(p.units, serial.SerialNumber)
	}
}

// changes runs an operation that must append this number of events. If the number is 0, it must change nothing.
func (p *production) changes(t *rapid.T, operation func() int) {
	before, events := p.dump(t), p.number(t, "SELECT count(*) FROM events")
	want := operation()
	if got := p.number(t, "SELECT count(*) FROM events") - events; got != want {
		t.Fatalf("%d changes left %d events", want, got)
	}
	if after := p.dump(t); (want == 0) != (after == before) {
		t.Fatalf("after %d changes, before\n%s\nafter\n%s", want, before, after)
	}
}

// dump returns everything that the database stores about the job.
func (p *production) dump(t *rapid.T) string {
	_, paths, err := p.s.JobWithPaths(p.ctx, p.job.ID)
	if err != nil {
		t.Fatal(err)
	}
	serials, err := p.s.Units(p.ctx, store.UnitFilter{JobID: &p.job.ID}, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{paths, serials.Rows})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (p *production) create(t *rapid.T) {
	path, quantity := rapid.SampledFrom(p.paths).Draw(t, "path"), rapid.IntRange(1, 4).Draw(t, "quantity")
	p.changes(t, func() int {
		p.put(t, path, quantity)
		return quantity
	})
	p.changes(t, func() int {
		taken := models.NewUnits{PathID: path, SerialNumbers: []string{"new-1", p.units[0]}}
		if _, _, err := p.s.CreateUnits(p.ctx, store.Request{}, taken); !isRefused(err) {
			t.Fatalf("a number was given twice: %v", err)
		}
		return 0
	})
}

func (p *production) command(t *rapid.T) { p.give(t, p.anyOrder(t)) }

func (p *production) undo(t *rapid.T) {
	p.give(t, store.UnitCommand{SerialNumber: rapid.SampledFrom(p.units).Draw(t, "unit"), Command: models.Undo{}})
}

func (p *production) give(t *rapid.T, order store.UnitCommand) {
	p.changes(t, func() int {
		_, _, err := p.s.Command(p.ctx, store.Request{}, order)
		return changed(t, err, 1)
	})
}

// changed returns n if there is no error, and 0 if the change was refused.
func changed(t *rapid.T, err error, n int) int {
	switch {
	case err == nil:
		return n
	case isRefused(err):
		return 0
	default:
		t.Fatal(err)
		return 0
	}
}

func isRefused(err error) bool {
	_, one := errors.AsType[*models.Error](err)
	_, all := errors.AsType[*store.RefusedError](err)
	return one || all
}

// each sends commands to several units, sometimes two to the same unit.
func (p *production) each(t *rapid.T) {
	orders := p.someOrders(t)
	p.changes(t, func() int {
		outcomes, _, err := p.s.CommandEach(p.ctx, store.Request{}, orders)
		if err != nil || len(outcomes) != len(orders) {
			t.Fatalf("%d outcomes of %d orders: %v", len(outcomes), len(orders), err)
		}
		obeyed := 0
		for i := range outcomes {
			if outcomes[i].Err == nil {
				obeyed++
			}
		}
		return obeyed
	})
}

func (p *production) all(t *rapid.T) {
	orders := p.someOrders(t)
	p.changes(t, func() int {
		_, _, err := p.s.CommandAll(p.ctx, store.Request{}, orders)
		return changed(t, err, len(orders))
	})
}

func (p *production) someOrders(t *rapid.T) []store.UnitCommand {
	orders := make([]store.UnitCommand, rapid.IntRange(1, 6).Draw(t, "orders"))
	for i := range orders {
		orders[i] = p.anyOrder(t)
	}
	return orders
}

func (p *production) anyOrder(t *rapid.T) store.UnitCommand {
	unit := rapid.SampledFrom(append([]string{"SN-0"}, p.units...)).Draw(t, "unit")
	detail, err := p.s.Unit(p.ctx, unit)
	path := &detail.Path
	if err != nil && !isRefused(err) {
		t.Fatal(err)
	}
	target, step := rapid.IntRange(0, len(path.Steps)).Draw(t, "target"), models.NewID(models.StepPrefix)
	if target < len(path.Steps) {
		step = path.Steps[target].ID
	}
	return store.UnitCommand{SerialNumber: unit, Command: rapid.SampledFrom([]models.Command{
		models.Advance{},
		models.Advance{},
		models.Advance{From: models.From{StepIndex: &target}},
		models.Advance{From: models.From{StepID: &step}, Skip: true},
		models.AdvanceTo{StepIndex: &target},
		models.AdvanceTo{StepID: &step},
		models.Scrap{Reason: "damaged"},
		models.ForceComplete{},
		models.Override{StepID: step, Reason: "x"},
		models.ClearOverride{StepID: step},
		models.Waive{StepID: step, Reason: "x", ApproverID: "lead"},
		models.CompleteStep{StepID: step},
		models.Undo{},
		models.Note{Text: "x"},
		models.Delete{},
	}).Draw(t, "command")}
}

// revise reorders, removes, adds and changes the steps of a path.
func (p *production) revise(t *rapid.T) {
	path, err := p.s.Path(p.ctx, rapid.SampledFrom(p.paths).Draw(t, "path"))
	if err != nil {
		t.Fatal(err)
	}
	kept := rapid.Permutation(path.Steps).Draw(t, "order")
	kept = kept[:rapid.IntRange(0, len(kept)).Draw(t, "kept")]
	mode := modes.Draw(t, "mode")
	change := models.PathChange{AdvancementMode: &mode}
	if rapid.Bool().Draw(t, "goal changes") {
		change.GoalQuantity = new(int64(rapid.IntRange(1, 12).Draw(t, "goal")))
	}
	for i := range kept {
		step := anyStep(t)
		step.ID = &kept[i].ID
		change.Steps = append(change.Steps, step)
	}
	if len(kept) == 0 || rapid.Bool().Draw(t, "new") {
		change.Steps = append(change.Steps, anyStep(t))
	}
	p.changes(t, func() int {
		_, err := p.s.UpdatePath(p.ctx, store.Request{}, path.ID, store.Condition{}, change)
		return changed(t, err, 1)
	})
}

// closeAndReopen closes the job and reopens it.
func (p *production) closeAndReopen(t *rapid.T) {
	p.changes(t, func() int {
		if _, _, err := p.s.CloseJob(p.ctx, store.Request{}, p.job.ID, nil); err != nil {
			t.Fatal(err)
		}
		return 1
	})
	p.recount(t)
	p.changes(t, func() int {
		_, _, err := p.s.ReopenJob(p.ctx, store.Request{}, p.job.ID)
		return changed(t, err, 1)
	})
}

// changeUrgency gives the job another priority and due date.
func (p *production) changeUrgency(t *rapid.T) {
	priority := rapid.SampledFrom([]*models.JobPriority{nil, new(models.Urgent), new(models.Low)}).Draw(t, "priority")
	due := rapid.SampledFrom([]*string{nil, new("2024-02-01"), new("2024-03-01")}).Draw(t, "due date")
	if _, err := p.s.UpdateJob(p.ctx, store.Request{}, p.job.ID, store.Condition{},
		models.JobChange{Priority: &priority, DueDate: &due}); err != nil {
		t.Fatal(err)
	}
}

// deletePath creates a path without units, changes one of its steps, and deletes the path.
func (p *production) deletePath(t *rapid.T) {
	path, _, err := p.s.CreatePath(p.ctx, store.Request{}, models.Path{JobID: p.job.ID, Name: "x", GoalQuantity: 1},
		[]models.StepChange{anyStep(t), anyStep(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.UpdateStep(p.ctx, store.Request{}, path.Steps[1].ID, store.Condition{}, anyStep(t)); err != nil {
		t.Fatal(err)
	}
	p.recount(t)
	if err := p.s.DeletePath(p.ctx, store.Request{}, path.ID, store.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// recount compares all stored counts in the database with a recount.
func (p *production) recount(t *rapid.T) {
	if wrong := recount(p.ctx, p.s); wrong != nil {
		t.Fatal(wrong)
	}
}

func (p *production) number(t *rapid.T, query string) int {
	n, err := number(p.ctx, p.s, query)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// recounts are queries that count the stored counts that are wrong. Each must return 0.
var recounts = map[string]string{
	"paths whose counts are not those of their units": `SELECT count(*) FROM paths WHERE
		in_progress_count <> (SELECT count(*) FROM serials WHERE path_id = paths.id AND status = 'in_progress') OR
		completed_count <> (SELECT count(*) FROM serials WHERE path_id = paths.id AND status = 'completed') OR
		scrapped_count <> (SELECT count(*) FROM serials WHERE path_id = paths.id AND status = 'scrapped')`,
	"steps whose count is not that of the units there": `SELECT count(*) FROM steps WHERE
		part_count <> (SELECT count(*) FROM serials WHERE step_id = steps.id AND status = 'in_progress')`,
	"steps whose count is not that of the units that have done them": `SELECT count(*) FROM steps WHERE position IS NOT NULL AND
		done_count <> (SELECT count(*) FROM serials WHERE path_id = steps.path_id AND status <> 'scrapped' AND (marks LIKE steps.no || 'c%' OR
			marks LIKE '%p' || steps.no || 'c%' OR marks LIKE '%c' || steps.no || 'c%' OR marks LIKE '%s' || steps.no || 'c%' OR
			marks LIKE '%d' || steps.no || 'c%' OR marks LIKE '%w' || steps.no || 'c%' OR marks LIKE '%o' || steps.no || 'c%'))`,
	"steps that do not have the rank of their open job": `SELECT count(*) FROM steps JOIN paths ON paths.id = path_id JOIN jobs ON jobs.id = job_id
		WHERE coalesce(job_rank, '') <> CASE WHEN closed_at IS NULL AND position IS NOT NULL THEN urgency || '.' || jobs.id ELSE '' END`,
	"steps whose units to create are not those that their path lacks": `SELECT count(*) FROM steps JOIN paths ON paths.id = path_id
		WHERE to_create <> CASE WHEN position = 0 THEN goal_quantity - in_progress_count - completed_count ELSE 0 END`,
	"steps that are wrong about their work": `SELECT count(*) FROM steps WHERE has_work <> (part_count > 0 OR to_create > 0)`,
	"units that stand at no step of their path": `SELECT count(*) FROM serials WHERE status = 'in_progress' AND
		NOT EXISTS (SELECT * FROM steps WHERE id = serials.step_id AND path_id = serials.path_id AND position IS NOT NULL)`,
	"units whose events are not as many as their changes": `SELECT count(*) FROM serials WHERE
		version <> (SELECT count(*) FROM events WHERE serial_id = serials.id)`,
	"steps whose moves do not leave the units that stand there": `SELECT count(*) FROM steps WHERE part_count <>
		(SELECT count(*) FROM moves WHERE to_step_id = steps.id) - (SELECT count(*) FROM moves WHERE from_step_id = steps.id)`,
	"quarter hours whose counts are not those of their moves": `SELECT count(*) FROM quarter_hours WHERE
		created <> (SELECT count(*) FROM moves WHERE type = 'serial.created' AND at BETWEEN start AND start + 899999) OR
		completed <> (SELECT count(*) FROM moves WHERE type IN ('serial.completed', 'serial.force_completed') AND at BETWEEN start AND start + 899999) OR
		force_completed <> (SELECT count(*) FROM moves WHERE type = 'serial.force_completed' AND at BETWEEN start AND start + 899999) OR
		scrapped <> (SELECT count(*) FROM moves WHERE type = 'serial.scrapped' AND at BETWEEN start AND start + 899999)`,
	"moves without a quarter hour that counts them": `SELECT count(*) FROM moves WHERE type <> 'serial.advanced' AND
		NOT EXISTS (SELECT * FROM quarter_hours WHERE at BETWEEN start AND start + 899999)`,
	"places whose counts are not those of their steps": `SELECT count(*) FROM (` + countedPlaces + `) AS counted
		FULL JOIN (SELECT * FROM places WHERE steps <> 0 OR waiting <> 0) AS stored ON stored.id = counted.id
		WHERE counted.id IS NULL OR stored.id IS NULL OR stored.steps <> counted.steps OR stored.waiting <> counted.waiting`,
	"units of another job than their path's": `SELECT count(*) FROM serials JOIN paths ON paths.id = path_id WHERE serials.job_id <> paths.job_id`,
	"places on a path that two steps share, or none has": `SELECT count(*) FROM (SELECT path_id FROM steps WHERE position IS NOT NULL
		GROUP BY path_id HAVING count(DISTINCT position) <> count(*) OR max(position) <> count(*) - 1) AS wrong`,
}

// countedPlaces counts the places again.
const countedPlaces = `SELECT place AS id, count(*) AS steps, sum(part_count) AS waiting FROM (
		SELECT 'step:' || name AS place, s.* FROM steps s UNION ALL
		SELECT 'location:' || location AS place, s.* FROM steps s WHERE location IS NOT NULL UNION ALL
		SELECT 'assignee:' || assigned_to AS place, s.* FROM steps s WHERE assigned_to IS NOT NULL
	) AS s JOIN paths p ON p.id = s.path_id JOIN jobs j ON j.id = p.job_id
	WHERE s.position IS NOT NULL AND j.closed_at IS NULL GROUP BY place`

// allRecounts is one query for all recounts, because a recount follows each command. It returns the recounts that find something.
var allRecounts = func() string {
	var parts []string
	for what, query := range recounts {
		parts = append(parts, "SELECT '"+strings.ReplaceAll(what, "'", "''")+"' WHERE 0 <> ("+query+")")
	}
	return strings.Join(parts, " UNION ALL ")
}()

func recount(ctx context.Context, s *store.Store) error {
	var what string
	switch err := anyPool(s).QueryRowContext(ctx, allRecounts).Scan(&what); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	default:
		return errors.New("there are " + what)
	}
}

// number returns the number that a query finds, without the store.
func number(ctx context.Context, s *store.Store, query string) (n int, err error) {
	err = anyPool(s).QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
