package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/routecard/routecard/bench/floor"
)

// bulk is how many units are created and moved in one call.
const bulk = 10_000

// measureUnits compares progress of many units with that of few, and bulk changes with statements by hand.
func measureUnits(b *bench) error {
	for _, database := range b.databases() {
		name, err := database.create()
		if err != nil {
			return err
		}
		server, err := b.startRoutecard(name)
		if err != nil {
			return err
		}
		if err := b.measureProgress(database, server); err != nil {
			return err
		}
		if err := b.measureBulk(database, server); err != nil {
			return err
		}
		if err := server.stop(); err != nil {
			return err
		}
	}
	b.report.note("getJob: the measured time is that with 100,000 units, the floor that with 10")
	b.report.note("serial numbers: the floor writes the same rows (units, events, counts) with multi-row statements in one " +
		"transaction, in the benchmark's own process: no HTTP, no JSON, nothing read, nothing checked")
	return nil
}

// newPath makes a job with a path of ten steps.
func newPath(p *process) (job, path string, err error) {
	if job, err = p.create("/api/jobs", map[string]any{"name": "JOB-2024-001", "goalQuantity": bulk}); err != nil {
		return "", "", err
	}
	var steps []any
	for i := range 10 {
		steps = append(steps, map[string]any{"name": fmt.Sprintf("Step %d", i+1)})
	}
	path, err = p.create("/api/paths", map[string]any{"jobId": job, "name": "Main", "goalQuantity": bulk, "steps": steps})
	return job, path, err
}

func newUnits(p *process, path string, quantity int) (ids []string, took time.Duration, err error) {
	var units []made
	took, err = p.request(http.MethodPost, "/api/serials", map[string]any{"pathId": path, "quantity": quantity}, &units)
	for _, unit := range units {
		ids = append(ids, unit.ID)
	}
	return ids, took, err
}

func (b *bench) measureProgress(on database, server *process) error {
	var jobs [2]string
	for i, calls := range [][]int{{50_000, 50_000}, {10}} {
		job, path, err := newPath(server)
		if err != nil {
			return err
		}
		for _, quantity := range calls {
			if _, _, err := newUnits(server, path, quantity); err != nil {
				return err
			}
		}
		jobs[i] = job
	}
	var taken [2]samples
	for range b.rounds() {
		for i, job := range jobs {
			median, err := server.typical("/api/jobs/"+job, 100)
			if err != nil {
				return err
			}
			taken[i] = append(taken[i], median)
		}
	}
	b.report.compare("getJob, "+on.name+", 100,000 units", taken[0], taken[1], duration, "≤ 1.5", atMost(1.5))
	return nil
}

func (b *bench) measureBulk(on database, server *process) error {
	name, err := b.floorDatabase(on)
	if err != nil {
		return err
	}
	byHand, err := floor.OpenUnits(name)
	if err != nil {
		return err
	}
	defer func() { _ = byHand.Close() }()
	var created, moved [2]samples
	for range b.rounds() {
		_, path, err := newPath(server)
		if err != nil {
			return err
		}
		ids, took, err := newUnits(server, path, bulk)
		if err != nil {
			return err
		}
		created[0] = append(created[0], float64(took))
		var answer any
		order := map[string]any{"serialIds": ids}
		if took, err = server.request(http.MethodPost, "/api/serials/advance", order, &answer); err != nil {
			return err
		}
		moved[0] = append(moved[0], float64(took))

		for _, one := range []struct {
			change func(int) error
			into   *samples
		}{{byHand.Create, &created[1]}, {byHand.Advance, &moved[1]}} {
			begun := time.Now()
			if err := one.change(bulk); err != nil {
				return err
			}
			*one.into = append(*one.into, float64(time.Since(begun)))
		}
	}
	what := thousands(bulk) + " serial numbers on 10 steps, " + on.name
	b.report.compare(what+", create", created[0], created[1], duration, "≤ 3", atMost(3))
	b.report.compare(what+", advance", moved[0], moved[1], duration, "≤ 3", atMost(3))
	return nil
}
