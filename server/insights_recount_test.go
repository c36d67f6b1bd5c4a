package server_test

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// recount computes the insights from the events alone.
type recount struct {
	t       *testing.T
	s       *routecardtest.Server
	lastSeq int64
	// moves are those that were not undone, in the order of the feed.
	moves []recountedMove
	// names has the last name of each step, and paths the steps of each path.
	names map[string]string
	paths map[string]*recountedPath
	// created has the time at which the first unit of each job was created.
	created map[string]time.Time
	// closed has the closed jobs.
	closed map[string]bool
}

type recountedMove struct {
	event                                   gen.Event
	at                                      time.Time
	from, to, reason                        string
	stay                                    time.Duration
	scrapped, completed, forced, isCreation bool
}

type recountedPath struct {
	jobID string
	// steps are those that the path has, and ever all that it had, in the order in which they were added.
	steps, ever []string
}

type eventData struct {
	EventID    string `json:"eventId"`
	FromStepID string `json:"fromStepId"`
	ToStepID   string `json:"toStepId"`
	Reason     string `json:"reason"`
	StepID     string `json:"stepId"`
	StepName   string `json:"stepName"`
	Steps      []struct {
		StepID   string `json:"stepId"`
		StepName string `json:"stepName"`
	} `json:"steps"`
}

func newRecount(t *testing.T, s *routecardtest.Server) *recount {
	t.Helper()
	c := &recount{t: t, s: s, names: map[string]string{}, paths: map[string]*recountedPath{}, created: map[string]time.Time{}, closed: map[string]bool{}}
	events := routecardtest.Decode[[]gen.Event](t, s.Do(t, "GET", "/api/events", ""))
	data := make([]eventData, len(events))
	undone := map[string]bool{}
	for i, event := range events {
		if err := json.Unmarshal(event.Data, &data[i]); err != nil {
			t.Fatal(err)
		}
		if event.Type == "serial.undone" {
			undone[data[i].EventID] = true
		}
	}
	entered := map[string]time.Time{}
	for i, event := range events {
		c.lastSeq = event.Seq
		if !undone[event.ID] {
			c.apply(event, data[i], entered)
		}
	}
	return c
}

// apply applies an event that was not undone. Entered has the time at which each unit entered the step where it stands.
func (c *recount) apply(event gen.Event, data eventData, entered map[string]time.Time) {
	recorded := c.parse(event.At)
	at := recorded
	if event.OccurredAt != nil {
		at = c.parse(*event.OccurredAt)
	}
	move := recountedMove{event: event, at: at}
	switch event.Type {
	case "job.closed", "job.reopened":
		c.closed[*event.JobID] = event.Type == "job.closed"
		return
	case "path.created", "path.updated":
		c.applyPath(event, data)
		return
	case "serial.created":
		move.isCreation, move.to = true, *event.StepID
		if _, known := c.created[*event.JobID]; !known {
			c.created[*event.JobID] = recorded
		}
	case "serial.advanced":
		move.from, move.to = data.FromStepID, data.ToStepID
	case "serial.completed":
		move.from, move.completed = data.FromStepID, true
	case "serial.force_completed":
		move.from, move.completed, move.forced = *event.StepID, true, true
	case "serial.scrapped":
		move.from, move.scrapped, move.reason = *event.StepID, true, data.Reason
	default:
		return
	}
	move.stay = max(at.Sub(entered[*event.SerialID]), 0)
	entered[*event.SerialID] = at
	c.moves = append(c.moves, move)
}

func (c *recount) applyPath(event gen.Event, data eventData) {
	path := c.paths[*event.PathID]
	if path == nil {
		path = &recountedPath{jobID: *event.JobID}
		c.paths[*event.PathID] = path
	}
	path.steps = nil
	for _, step := range data.Steps {
		c.names[step.StepID] = step.StepName
		path.steps = append(path.steps, step.StepID)
		if !slices.Contains(path.ever, step.StepID) {
			path.ever = append(path.ever, step.StepID)
		}
	}
}

// compare compares every insight for a random period of one job or of all.
func (c *recount) compare(r *rapid.T, h *history) {
	query := url.Values{}
	jobID := ""
	if rapid.Bool().Draw(r, "one job") {
		jobID = rapid.SampledFrom(h.floors).Draw(r, "job").job.ID
		query.Set("jobId", jobID)
	}
	to := c.s.Clock.Now().UTC().Truncate(time.Millisecond)
	from := to.AddDate(0, 0, -30)
	if rapid.Bool().Draw(r, "a period") {
		to = to.Add(-time.Duration(rapid.IntRange(-100, 10_000).Draw(r, "minutes before now")) * time.Minute)
		from = to.Add(-time.Duration(rapid.IntRange(1, 30_000).Draw(r, "minutes")) * time.Minute)
		query.Set("from", from.Format(time.RFC3339Nano))
		query.Set("to", to.In(time.FixedZone("", 3*3600)).Format(time.RFC3339Nano))
	}
	c.wantJSON("/api/insights/steps", query, c.stepTimes(jobID, from, to))
	c.wantJSON("/api/insights/scrap", query, c.scrap(jobID, from, to))
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"}).Draw(r, "tz")
	forecastOf := rapid.SampledFrom(h.floors).Draw(r, "forecast of").job
	c.wantJSON("/api/insights/forecast", url.Values{"jobId": {forecastOf.ID}, "tz": {zone}}, c.forecast(forecastOf, zone))
	query.Set("tz", zone)
	query.Set("bucket", rapid.SampledFrom([]string{"hour", "day", "week"}).Draw(r, "bucket"))
	c.compareThroughput(query, jobID, from, to)
}

func (c *recount) get(path string, query url.Values) routecardtest.Answer {
	c.t.Helper()
	answer := c.s.Do(c.t, "GET", path+"?"+query.Encode(), "")
	if answer.Status != 200 {
		c.t.Fatalf("%s?%s answered %d: %s", path, query.Encode(), answer.Status, answer.Body)
	}
	return answer
}

func (c *recount) wantJSON(path string, query url.Values, want any) {
	c.t.Helper()
	encoded, err := json.Marshal(want)
	if err != nil {
		c.t.Fatal(err)
	}
	if got := strings.TrimSpace(c.get(path, query).Body); got != string(encoded) {
		c.t.Fatalf("%s?%s is\n%s\nand by the events\n%s", path, query.Encode(), got, encoded)
	}
}

func timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// of returns the moves of a period. An empty job is all jobs.
func (c *recount) of(jobID string, from, to time.Time) []recountedMove {
	var found []recountedMove
	for _, move := range c.moves {
		if (jobID == "" || *move.event.JobID == jobID) && !move.at.Before(from) && move.at.Before(to) {
			found = append(found, move)
		}
	}
	return found
}

// stepTimes measures the steps of a job, or the steps of all jobs by their names.
func (c *recount) stepTimes(jobID string, from, to time.Time) gen.StepTimes {
	found := map[string]*gen.StepTime{}
	stays := map[string][]time.Duration{}
	keyOf := func(stepID string) string {
		key := stepID
		if jobID == "" {
			key = c.names[stepID]
		}
		if found[key] == nil {
			found[key] = &gen.StepTime{StepName: c.names[stepID]}
		}
		return key
	}
	for _, move := range c.of(jobID, from, to) {
		if move.to != "" {
			found[keyOf(move.to)].Entered++
		}
		switch {
		case move.scrapped:
			found[keyOf(move.from)].Scrapped++
		case move.from != "":
			key := keyOf(move.from)
			found[key].Left++
			stays[key] = append(stays[key], move.stay)
		}
	}
	for stepID, n := range c.waiting(jobID) {
		found[keyOf(stepID)].Waiting += n
	}
	for key, list := range stays {
		slices.Sort(list)
		found[key].MedianTimeMs, found[key].P85TimeMs = percentile(list, 50), percentile(list, 85)
	}
	out := gen.StepTimes{From: timestamp(from), To: timestamp(to), LastSeq: c.lastSeq, Steps: []gen.StepTime{}}
	if jobID != "" {
		out.Steps = c.inOrder(jobID, found)
		return out
	}
	for _, step := range found {
		out.Steps = append(out.Steps, *step)
	}
	slices.SortFunc(out.Steps, func(a, b gen.StepTime) int {
		return cmp.Or(int(b.Waiting-a.Waiting), int(b.Left-a.Left), cmp.Compare(a.StepName, b.StepName))
	})
	return out
}

// percentile returns the shortest time within which so many of 100 stays ended, in milliseconds.
func percentile(sorted []time.Duration, percent int) *int64 {
	for i, stay := range sorted {
		if (i+1)*100 >= percent*len(sorted) {
			return new(stay.Milliseconds())
		}
	}
	return nil
}

// waiting counts the units that stand at each step of a job, or of all jobs that are not closed.
func (c *recount) waiting(jobID string) map[string]int64 {
	at := map[string]int64{}
	for _, move := range c.moves {
		if jobID != "" && *move.event.JobID != jobID || jobID == "" && c.closed[*move.event.JobID] {
			continue
		}
		if move.to != "" {
			at[move.to]++
		}
		if move.from != "" {
			at[move.from]--
		}
	}
	for step, n := range at {
		if n == 0 {
			delete(at, step)
		}
	}
	return at
}

// inOrder returns the steps of a job, with those that it has no more.
func (c *recount) inOrder(jobID string, found map[string]*gen.StepTime) []gen.StepTime {
	var paths []string
	for id, path := range c.paths {
		if path.jobID == jobID {
			paths = append(paths, id)
		}
	}
	slices.Sort(paths)
	steps := []gen.StepTime{}
	for _, pathID := range paths {
		for i, id := range c.paths[pathID].steps {
			if found[id] == nil {
				found[id] = &gen.StepTime{StepName: c.names[id]}
			}
			found[id].StepID, found[id].PathID, found[id].StepOrder = &id, &pathID, &i
			steps = append(steps, *found[id])
		}
		for _, id := range c.paths[pathID].ever {
			if step := found[id]; step != nil && step.StepOrder == nil {
				step.StepID, step.PathID = &id, &pathID
				steps = append(steps, *step)
			}
		}
	}
	return steps
}

func (c *recount) scrap(jobID string, from, to time.Time) gen.Scrap {
	out := gen.Scrap{From: timestamp(from), To: timestamp(to), LastSeq: c.lastSeq, Counts: []gen.ScrapCount{}}
	for _, move := range c.of(jobID, from, to) {
		if move.completed {
			out.Completed++
		}
		if !move.scrapped {
			continue
		}
		out.Scrapped++
		count := gen.ScrapCount{Reason: gen.ScrapReason(move.reason), StepName: c.names[move.from]}
		if jobID != "" {
			count.StepID, count.PathID = &move.from, move.event.PathID
		}
		i := slices.IndexFunc(out.Counts, func(other gen.ScrapCount) bool {
			return other.Reason == count.Reason && other.StepName == count.StepName && (jobID == "" || *other.StepID == *count.StepID)
		})
		if i < 0 {
			i = len(out.Counts)
			out.Counts = append(out.Counts, count)
		}
		out.Counts[i].Scrapped++
	}
	slices.SortFunc(out.Counts, func(a, b gen.ScrapCount) int {
		order := cmp.Or(int(b.Scrapped-a.Scrapped), cmp.Compare(a.StepName, b.StepName), cmp.Compare(a.Reason, b.Reason))
		if order == 0 && jobID != "" {
			order = cmp.Compare(*a.StepID, *b.StepID)
		}
		return order
	})
	return out
}

func (c *recount) forecast(job gen.Job, zone string) gen.Forecast {
	const day = 24 * time.Hour
	now := c.s.Clock.Now().UTC().Truncate(time.Millisecond)
	from := now.Add(-14 * day)
	if created, found := c.created[job.ID]; found && created.After(from) {
		from = created
	}
	if now.Sub(from) < day {
		from = now.Add(-day)
	}
	out := gen.Forecast{
		JobID: job.ID, LastSeq: c.lastSeq, AsOf: timestamp(now), Status: gen.Undetermined, GoalQuantity: job.GoalQuantity,
		Basis: gen.ForecastBasis{From: timestamp(from), To: timestamp(now)},
	}
	for _, move := range c.moves {
		if *move.event.JobID != job.ID || !move.completed {
			continue
		}
		out.Completed++
		if !move.at.Before(from) && move.at.Before(now) {
			out.Basis.Completed++
		}
	}
	days := float64(now.Sub(from).Milliseconds()) / float64(day.Milliseconds())
	out.Basis.PerDay = float64(out.Basis.Completed) / days
	out.Remaining = max(job.GoalQuantity-out.Completed, 0)
	switch {
	case out.Remaining == 0:
		out.Status = gen.Done
	case out.Basis.Completed > 0:
		ahead := out.Remaining * now.Sub(from).Milliseconds() / out.Basis.Completed
		at := now.Add(time.Duration(ahead) * time.Millisecond)
		local, err := time.LoadLocation(zone)
		if err != nil {
			c.t.Fatal(err)
		}
		out.Status, out.ExpectedAt, out.ExpectedDate = gen.Expected, new(timestamp(at)), new(at.In(local).Format(time.DateOnly))
	}
	return out
}

// compareThroughput counts the moves of each bucket again. That the buckets are the right ones is tested in package models.
func (c *recount) compareThroughput(query url.Values, jobID string, from, to time.Time) {
	c.t.Helper()
	answer := c.get("/api/insights/throughput", query)
	got := routecardtest.Decode[gen.Throughput](c.t, answer)
	want := got
	want.LastSeq, want.Bucket, want.Tz = c.lastSeq, gen.BucketLength(query.Get("bucket")), query.Get("tz")
	want.From, want.To = got.Buckets[0].From, got.Buckets[len(got.Buckets)-1].To
	want.Buckets = slices.Clone(got.Buckets)
	if want.From > timestamp(from) || want.To < timestamp(to) {
		c.t.Fatalf("the buckets of %s do not contain the period", query.Encode())
	}
	for i, bucket := range got.Buckets {
		begin, end := c.parse(bucket.From), c.parse(bucket.To)
		if i > 0 && bucket.From != got.Buckets[i-1].To {
			c.t.Fatalf("there is a gap before %s", bucket.From)
		}
		counts := gen.ThroughputCounts{From: bucket.From, To: bucket.To}
		for _, move := range c.of(jobID, begin, end) {
			counts.Created += asCount(move.isCreation)
			counts.Completed += asCount(move.completed)
			counts.ForceCompleted += asCount(move.forced)
			counts.Scrapped += asCount(move.scrapped)
		}
		want.Buckets[i] = counts
	}
	wantEqual(c.t, "throughput "+query.Encode(), got, want)
}

func (c *recount) parse(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

func asCount(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
