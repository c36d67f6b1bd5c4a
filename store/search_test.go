package store_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestSearchFindsAllJobs changes jobs at random, on PostgreSQL through two servers, and compares each search with the texts of all jobs.
func TestSearchFindsAllJobs(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		servers := []*store.Store{open(t, database)}
		if store.IsPostgres(database) {
			servers = append(servers, open(t, database))
		}
		random := rand.New(rand.NewPCG(1, 2))
		one := func(of ...string) string { return of[random.IntN(len(of))] }
		name := func() string {
			return fmt.Sprintf("%s %04d %s", one("Order", "Auftrag", "ΟΔΟΣ"), random.IntN(10_000), one("housing", "Welle", "größe", "bracket"))
		}
		for range 300 {
			create(t, servers[0], models.Job{Name: name(), GoalQuantity: 1})
		}
		for i := range 150 {
			server := servers[random.IntN(len(servers))]
			jobs := list(t, server, store.JobFilter{})
			job := jobs[random.IntN(len(jobs))]
			var err error
			switch random.IntN(5) {
			case 0:
				jobs = append(jobs, create(t, server, models.Job{Name: name(), GoalQuantity: 1, ExternalID: new(fmt.Sprint("ERP-", i))}))
			case 1:
				_, err = server.UpdateJob(t.Context(), store.Request{}, job.ID, store.Condition{}, models.JobChange{Name: new(name())})
			case 2:
				err = server.DeleteJob(t.Context(), store.Request{}, job.ID, store.Condition{})
			case 3:
				_, err = server.LinkJob(t.Context(), store.Request{}, job.ID, models.Jira{TicketKey: new(fmt.Sprint("PI-", i)), PartNumber: new(name())}, false)
				if job.Jira.TicketKey != nil {
					err = nil // refused
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			// A part of a text that a job has or had, or of one that perhaps no job has.
			text := []rune(one(name(), job.SearchText, jobs[len(jobs)-1].SearchText))
			from := random.IntN(len(text))
			text = text[from : from+random.IntN(min(9, len(text)-from))]
			wantSearched(t, servers[random.IntN(len(servers))], one(string(text), strings.ToUpper(string(text))))
		}
	})
}

// wantSearched compares what a search finds, in each order, with the texts of all jobs.
func wantSearched(t *testing.T, s *store.Store, text string) {
	t.Helper()
	var want []models.Job
	for _, sort := range []store.JobSort{store.ByCreation, store.ByUrgency, store.ByDueDate} {
		all := list(t, s, store.JobFilter{Sort: sort})
		want = slices.DeleteFunc(all, func(job models.Job) bool { return !strings.Contains(job.SearchText, models.FoldCase(text)) })
		found := list(t, s, store.JobFilter{Sort: sort, Query: &text})
		if !reflect.DeepEqual(found, want) && len(found)+len(want) > 0 {
			t.Errorf("the search for %q, sorted by %q, finds\n%v, want\n%v", text, sort, found, want)
		}
	}
	count, err := s.CountJobs(t.Context(), store.JobFilter{Query: &text})
	if err != nil {
		t.Fatal(err)
	}
	if count != int64(len(want)) {
		t.Errorf("the search for %q counts %d jobs, want %d", text, count, len(want))
	}
}
