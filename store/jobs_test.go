package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

func exampleJob() models.Job {
	return models.Job{Name: "JOB-2024-001", GoalQuantity: 50, Jira: models.Jira{
		TicketKey: new("PI-42"), TicketSummary: new("Build 50 aluminum housings"), PartNumber: new("ALU-HOUSING-7075"),
		Priority: new("High"), EpicLink: new("PI-10"), Labels: models.Labels{"Q1-2024", "rush", "rush"},
	}}
}

// TestJobsOutliveTheStore closes a store and reads its jobs with another store.
func TestJobsOutliveTheStore(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		first := open(t, database)
		jobs := []models.Job{
			create(t, first, exampleJob()),
			create(t, first, models.Job{Name: "JOB-2024-002", GoalQuantity: 200}),
			create(t, first, models.Job{Name: "no labels", GoalQuantity: 1<<53 - 1, Jira: models.Jira{Labels: models.Labels{}}}),
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second := open(t, database)
		slices.Reverse(jobs)
		wantEqual(t, "the list", list(t, second, store.JobFilter{}), jobs)
		for _, job := range jobs {
			read, err := second.Job(t.Context(), job.ID)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "the job", read, job)
		}
	})
}

func TestCreateJobFillsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		given := exampleJob()
		given.ID, given.Version, given.CreatedAt, given.UpdatedAt = "job_mine", 9, 1, 2
		job := create(t, s, given)
		at := models.MillisOf(routecardtest.NewClock().Now())
		if job.ID == "job_mine" || job.Version != 1 || job.CreatedAt != at || job.UpdatedAt != at {
			t.Errorf("the job is %+v", job)
		}
	})
}

// TestCreateJobsAtOnce has many callers share transactions: each gets its own job, and its own event.
func TestCreateJobsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		const callers = 300
		created := make([]models.Job, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				job := models.Job{Name: fmt.Sprint("job ", i), GoalQuantity: int64(i + 1)}
				job.Jira.Labels = models.Labels{fmt.Sprint("label ", i), "shared"}
				var err error
				created[i], _, err = s.CreateJob(t.Context(), store.Request{UserID: fmt.Sprint("user ", i)}, job)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		events, err := s.Events(t.Context(), store.EventFilter{}, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the number of events", len(events.Rows), callers)
		byJob := map[string]models.Event{}
		for i, event := range events.Rows {
			byJob[*event.JobID] = event
			if i > 0 && event.Seq <= events.Rows[i-1].Seq {
				t.Errorf("event %d follows %d", event.Seq, events.Rows[i-1].Seq)
			}
		}
		for i, job := range created {
			if job.Name != fmt.Sprint("job ", i) || job.GoalQuantity != int64(i+1) {
				t.Errorf("caller %d got %+v", i, job)
			}
			event := byJob[job.ID]
			wantEqual(t, "the event's type", event.Type, models.JobCreated)
			wantEqual(t, "the event's user", event.UserID, fmt.Sprint("user ", i))
			wantEqual(t, "the event's data", event.Data, fmt.Sprintf(`{"name":"job %d","goalQuantity":%d}`, i, i+1))
			found := list(t, s, store.JobFilter{Labels: []string{fmt.Sprint("label ", i)}})
			if len(found) != 1 || found[0].ID != job.ID {
				t.Errorf("the label of caller %d finds %+v", i, found)
			}
		}
		wantEqual(t, "the number with the shared label", len(list(t, s, store.JobFilter{Labels: []string{"shared"}})), callers)
	})
}

// TestABadRowFailsAlone creates jobs that the database refuses (which only a fault in the server could cause) at the same time as
// valid jobs.
func TestABadRowFailsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		const callers = 100
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				bad := i%10 == 3
				job := models.Job{Name: "good", GoalQuantity: 1}
				if bad {
					job = models.Job{Name: "bad", GoalQuantity: 0}
				}
				_, _, err := s.CreateJob(t.Context(), store.Request{}, job)
				if bad != (err != nil) {
					t.Errorf("creating a %s job gave %v", job.Name, err)
				}
				if _, ok := errors.AsType[*models.Error](err); ok {
					t.Errorf("the mistake is told to the user: %v", err)
				}
			})
		}
		all.Wait()
		jobs := list(t, s, store.JobFilter{})
		wantEqual(t, "the number of jobs", len(jobs), callers*9/10)
		for _, job := range jobs {
			wantEqual(t, "the name", job.Name, "good")
		}
		events, err := s.Events(t.Context(), store.EventFilter{}, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the number of events", len(events.Rows), len(jobs))
	})
}

func TestJobNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"", "job_01h455vb4pex5vsknk084sn02q", "' OR ''='", "ж"} {
			_, err := s.Job(t.Context(), id)
			wantKind(t, err, models.NotFound)
			wantEqual(t, "the sentence", err.Error(), "Job not found: "+id)
			_, _, err = s.JobWithPaths(t.Context(), id)
			wantKind(t, err, models.NotFound)
			_, err = s.UpdateJob(t.Context(), store.Request{}, id, store.Condition{}, models.JobChange{})
			wantKind(t, err, models.NotFound)
			wantKind(t, s.DeleteJob(t.Context(), store.Request{}, id, store.Condition{Versions: []int64{}}), models.NotFound)
		}
	})
}

func TestConditions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		job := create(t, s, exampleJob())
		for _, versions := range [][]int64{{}, {0}, {2}, {2, 3}} {
			_, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{Versions: versions}, models.JobChange{Name: new("y")})
			wantKind(t, err, models.Changed)
			wantKind(t, s.DeleteJob(t.Context(), store.Request{}, job.ID, store.Condition{Versions: versions}), models.Changed)
		}
		read, err := s.Job(t.Context(), job.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the job", read, job)
		updated, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{Versions: []int64{7, 1}}, models.JobChange{Name: new("y")})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "the version", updated.Version, 2)
		if err := s.DeleteJob(t.Context(), store.Request{}, job.ID, store.Condition{Versions: []int64{2}}); err != nil {
			t.Error(err)
		}
	})
}

// TestUpdateJobIsFoundByItsNewName also checks that the search still finds the job by its other fields.
func TestUpdateJobIsFoundByItsNewName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		job := create(t, s, exampleJob())
		if _, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{}, models.JobChange{Name: new("ÄNDERUNG")}); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]int{"job-2024": 0, "änderung": 1, "housings": 1, "pi-42": 1} {
			wantEqual(t, "the number found by "+query, len(list(t, s, store.JobFilter{Query: &query})), want)
		}
	})
}

// TestLabelsGoWithTheirJob deletes one of two jobs that share labels. The database has no foreign key that would delete the labels.
func TestLabelsGoWithTheirJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		labels := models.Labels{"rush", "Q1-2024", "rush", `"quoted", <b>&`}
		gone := create(t, s, models.Job{Name: "gone", GoalQuantity: 1, Jira: models.Jira{Labels: labels}})
		stays := create(t, s, models.Job{Name: "stays", GoalQuantity: 1, Jira: models.Jira{Labels: labels}})
		if err := s.DeleteJob(t.Context(), store.Request{}, gone.ID, store.Condition{}); err != nil {
			t.Fatal(err)
		}
		wantSound(t, s)
		for _, label := range labels {
			found := list(t, s, store.JobFilter{Labels: []string{label}})
			wantEqual(t, "the jobs labelled "+label, len(found), 1)
			wantEqual(t, "the labels of the job that stays", found[0].Jira, stays.Jira)
		}
	})
}

// TestJobEvents checks that each change leaves one event, and a refused one none.
func TestJobEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		job := create(t, s, exampleJob())
		goal := int64(60)
		if _, err := s.UpdateJob(t.Context(), store.Request{UserID: "maria"}, job.ID, store.Condition{}, models.JobChange{GoalQuantity: &goal}); err != nil {
			t.Fatal(err)
		}
		_, err := s.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{Versions: []int64{1}}, models.JobChange{GoalQuantity: &goal})
		wantKind(t, err, models.Changed)
		if err := s.DeleteJob(t.Context(), store.Request{}, job.ID, store.Condition{}); err != nil {
			t.Fatal(err)
		}
		events, err := s.Events(t.Context(), store.EventFilter{JobID: &job.ID}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, event := range events.Rows {
			got = append(got, fmt.Sprint(event.Type, " ", event.UserID, " ", event.Data))
		}
		wantEqual(t, "the events", got, []string{
			`job.created anonymous {"name":"JOB-2024-001","goalQuantity":50}`,
			`job.updated maria {"goalQuantity":60}`,
			`job.deleted anonymous {"name":"JOB-2024-001"}`,
		})
	})
}

// TestEndedContexts checks that a context that has ended stops every operation, and that the operation changes nothing.
func TestEndedContexts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store) {
		job := create(t, s, exampleJob())
		ended, end := context.WithCancel(t.Context())
		end()
		for name, call := range map[string]func() error{
			"CreateJob": func() error { _, _, err := s.CreateJob(ended, store.Request{}, exampleJob()); return err },
			"Job":       func() error { _, err := s.Job(ended, job.ID); return err },
			"Jobs":      func() error { _, err := s.Jobs(ended, store.JobFilter{}, "", 10); return err },
			"UpdateJob": func() error {
				_, err := s.UpdateJob(ended, store.Request{}, job.ID, store.Condition{}, models.JobChange{Name: new("y")})
				return err
			},
			"DeleteJob":    func() error { return s.DeleteJob(ended, store.Request{}, job.ID, store.Condition{}) },
			"JobWithPaths": func() error { _, _, err := s.JobWithPaths(ended, job.ID); return err },
			"PathsOfJobs":  func() error { _, err := s.PathsOfJobs(ended, []string{job.ID}, false); return err },
		} {
			if err := call(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s gave %v, want %v", name, err, context.Canceled)
			}
		}
		wantEqual(t, "the list", list(t, s, store.JobFilter{}), []models.Job{job})
	})
}
