package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/gen/client"
	"github.com/routecard/routecard/internal/routecardtest"
)

// filterJobs are the jobs that the filters choose from, oldest first.
var filterJobs = []string{
	exampleJob,
	`{"name":"JOB-2024-002","goalQuantity":200}`,
	`{"name":"Gehäuse ÄÖÜ","goalQuantity":1,"jiraTicketKey":"PI-42","jiraPriority":"Low","jiraEpicLink":"PI-10","jiraLabels":["rush"]}`,
	`{"name":"КОРПУС","goalQuantity":1,"jiraTicketSummary":"Build 50% of HOUSINGS","jiraPriority":"High","jiraLabels":["Rush","Q1-2024"]}`,
	`{"name":"a_b%c\\d","goalQuantity":1,"externalId":"Erp-4711/Ü","jiraPartNumber":"alu-housing-7075","jiraEpicLink":"PI-11","jiraLabels":[]}`,
	`{"name":"axbyc","goalQuantity":1,"jiraPartNumber":"","jiraLabels":["","rush","rush","Q1-2024","late"]}`,
	`{"name":"Κατασκευή ΟΔΟΣ","goalQuantity":1}`,
}

func TestListJobsFilters(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		names := []string{}
		for _, body := range filterJobs {
			names = append(names, createJob(t, s, body).Name)
		}
		for query, want := range map[string][]int{ // places in filterJobs, oldest first
			"":                                 {0, 1, 2, 3, 4, 5, 6},
			"q=":                               {0, 1, 2, 3, 4, 5, 6},
			"q=JOB-2024":                       {0, 1},
			"q=job-2024":                       {0, 1},
			"q=jOb-2024-002":                   {1},
			"q=24-00":                          {0, 1},
			"q=pi-42":                          {0, 2}, // the ticket key
			"q=HOUSING":                        {0, 3, 4},
			"q=7075":                           {0, 4},
			"q=alu-Housing":                    {0, 4},
			"q=ERP-4711/ü":                     {4}, // the external id
			"q=high":                           {},  // the priority is not searched,
			"q=PI-10":                          {},  // nor the epic,
			"q=rush":                           {},  // nor the labels
			"q=äöü":                            {2},
			"q=ÄÖÜ":                            {2},
			"q=Корпус":                         {3},
			"q=οδος":                           {6},
			"q=ΟΔΌΣ":                           {}, // an accent is no matter of case
			"q=%25":                            {3, 4},
			"q=50%25 of":                       {3},
			"q=_":                              {4},
			"q=a_b":                            {4},
			"q=a%25c":                          {},
			"q=%5C":                            {4},
			"q=*":                              {},
			"q=.":                              {},
			"q='":                              {},
			"q= ":                              {0, 2, 3, 6},
			"q=PI-42 build":                    {}, // one field after the other is not one text
			"jiraTicketKey=PI-42":              {0, 2},
			"jiraTicketKey=pi-42":              {},
			"jiraTicketKey=PI-4":               {},
			"jiraTicketKey=PI-42 ":             {},
			"jiraPriority=High":                {0, 3},
			"jiraPriority=high":                {},
			"jiraEpicLink=PI-10":               {0, 2},
			"jiraEpicLink=PI-11":               {4},
			"jiraPartNumber=":                  {5}, // present and empty, which absent is not
			"jiraPartNumber=ALU-HOUSING-7075":  {0},
			"jiraLabel=rush":                   {0, 2, 5},
			"jiraLabel=Rush":                   {3},
			"jiraLabel=rus":                    {},
			"jiraLabel=":                       {5},
			"jiraLabel=Q1-2024":                {0, 3, 5},
			"jiraLabel=Q1-2024&jiraLabel=rush": {0, 5},
			"jiraLabel=rush&jiraLabel=Q1-2024": {0, 5},
			"jiraLabel=rush&jiraLabel=rush":    {0, 2, 5},
			"jiraLabel=rush&jiraLabel=Q1-2024&jiraLabel=late":                                  {5},
			"jiraLabel=rush,Q1-2024":                                                           {},
			"jiraPriority=High&jiraLabel=rush":                                                 {0},
			"jiraPriority=High&jiraTicketKey=PI-42":                                            {0},
			"jiraPriority=High&jiraEpicLink=PI-11":                                             {},
			"q=housing&jiraPriority=High":                                                      {0, 3},
			"q=gehäuse&jiraTicketKey=PI-42&jiraEpicLink=PI-10&jiraPriority=Low&jiraLabel=rush": {2},
			"unknown=1": {0, 1, 2, 3, 4, 5, 6},
		} {
			t.Run(query, func(t *testing.T) {
				t.Parallel()
				path := "/api/jobs?" + strings.ReplaceAll(query, " ", "%20")
				wanted := []string{}
				for _, i := range want {
					wanted = append(wanted, names[i])
				}
				wantEqual(t, "the list", listNames(t, s, path), reversed(wanted))
				// The same, page by page.
				wantEqual(t, "the list in pages", walk(t, s, path+"&limit=1", nil), reversed(wanted))
			})
		}
	})
}

// walk reads all pages of a list of jobs, starting at path, and returns the names of the jobs. It calls between after each
// page, unless between is nil.
func walk(t *testing.T, s *routecardtest.Server, path string, between func()) []string {
	t.Helper()
	names := []string{}
	for answer := range eachPage(t, s, path) {
		for _, job := range routecardtest.Decode[[]gen.Job](t, answer) {
			names = append(names, job.Name)
		}
		if between != nil {
			between()
		}
	}
	return names
}

// maxPages is more than the number of pages of any list that the tests read page by page.
const maxPages = 200

// eachPage requests the page at path and each page that the Link header leads to. It fails the test when a response is not
// 200, when an empty page has a successor, and when the list does not end after maxPages pages.
func eachPage(t *testing.T, s *routecardtest.Server, path string) iter.Seq[routecardtest.Answer] {
	return func(yield func(routecardtest.Answer) bool) {
		t.Helper()
		for range maxPages {
			answer := s.Do(t, "GET", path, "")
			if answer.Status != 200 {
				t.Fatalf("GET %s answered %d: %s", path, answer.Status, answer.Body)
			}
			if !yield(answer) {
				return
			}
			next := nextPage(t, answer)
			if next == "" {
				return
			}
			if strings.TrimSpace(answer.Body) == "[]" {
				t.Fatalf("the page %s is empty, but a next page follows: %s", path, next)
			}
			path = next
		}
		t.Fatalf("the list has not ended after %d pages, does a cursor repeat a row? The next page is %s", maxPages, path)
	}
}

// nextPage returns the path of the next page from the Link header, or "" on the last page.
func nextPage(t *testing.T, answer routecardtest.Answer) string {
	t.Helper()
	link := answer.Header.Get("Link")
	if link == "" {
		return ""
	}
	path, ok := strings.CutSuffix(link, `>; rel="next"`)
	if !ok || !strings.HasPrefix(path, "</api/") {
		t.Fatalf("Link is %s", link)
	}
	return strings.TrimPrefix(path, "<")
}

func TestListJobsRefuses(t *testing.T) {
	t.Parallel()
	list := func(name, query string, wantErrors ...string) scenario {
		return scenario{name: name, method: "GET", path: "/api/jobs?" + query, wantStatus: 400, wantErrors: wantErrors}
	}
	const foreign = "cursor must be taken from the Link header of a page"
	run(t, []scenario{
		list("limit 0", "limit=0", "limit must be greater than 0"),
		list("limit negative", "limit=-1", "limit must be greater than 0"),
		list("limit 1001", "limit=1001", "limit must be at most 1000"),
		list("limit beyond 64 bits", "limit=99999999999999999999", "limit must be at most 1000"),
		list("limit beyond 64 bits, negative", "limit=-99999999999999999999", "limit must be greater than 0"),
		list("limit beyond float64", "limit="+strings.Repeat("9", 400), "limit must be at most 1000"),
		list("limit a fraction", "limit=1.5", "limit must be an integer"),
		list("limit a word", "limit=all", "limit must be a number"),
		list("limit infinite", "limit=inf", "limit must be a number"),
		list("limit not a number", "limit=NaN", "limit must be a number"),
		list("limit in hexadecimal", "limit=0x10", "limit must be a number"),
		list("limit empty", "limit=", "limit must be a number"),
		list("limit padded", "limit=%201", "limit must be a number"),
		list("limit twice", "limit=1&limit=2", "limit must be given once"),
		list("cursor empty", "cursor=", foreign),
		list("cursor of other signs", "cursor=!!!", foreign),
		list("cursor of another text", "cursor=PGh0bWw-", foreign),
		list("cursor of invalid UTF-8", "cursor=_w", foreign),
		list("cursor with a limit", "cursor=!&limit=10", foreign),
		list("cursor too long", "cursor="+strings.Repeat("a", 201), "cursor must be at most 200 characters long"),
		list("include unknown", "include=paths", "include must be one of: progress, distribution"),
		list("include empty", "include=", "include must be one of: progress, distribution"),
		list("include two", "include=progress,paths", "include must be one of: progress, distribution"),
		list("q too long", "q="+strings.Repeat("ж", 201), "q must be at most 200 characters long"),
		list("q with NUL", "q=%00", "q must not contain NUL characters"),
		list("q of invalid UTF-8", "q=%ff", "q must be valid UTF-8"),
		list("q twice", "q=a&q=b", "q must be given once"),
		list("label with NUL", "jiraLabel=a&jiraLabel=%00", "jiraLabel.1 must not contain NUL characters"),
		list("a label too long", "jiraLabel=a&jiraLabel="+strings.Repeat("a", 256), "jiraLabel.1 must be at most 255 characters long"),
		list("too many labels", strings.Repeat("jiraLabel=a&", 21), "jiraLabel must have at most 20 items"),
		list("percent without digits", "q=%zz", "query must be percent-encoded correctly"),
		list("several, in the contract's order", "limit=0&include=x&q=%00",
			"q must not contain NUL characters", "include must be one of: progress, distribution", "limit must be greater than 0"),
	})
}

func TestListJobsEmpty(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		for _, query := range []string{"", "?limit=1", "?include=progress", "?q=x", "?jiraLabel=x"} {
			answer := s.Do(t, "GET", "/api/jobs"+query, "")
			wantEqual(t, "the answer", strings.TrimSpace(answer.Body), "[]")
			wantEqual(t, "Link", answer.Header.Get("Link"), "")
			wantEqual(t, "Content-Type", answer.Header.Get("Content-Type"), "application/json")
		}
	})
}

func TestListJobsPages(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		names := make([]string, 12)
		for i := range names {
			names[i] = fmt.Sprintf("job %d", i)
		}
		createJobs(t, s, names...)
		for limit, pages := range map[int]int{1: 12, 5: 3, 6: 2, 11: 2, 12: 1, 13: 1, 1000: 1} {
			read := 0
			got := walk(t, s, fmt.Sprintf("/api/jobs?limit=%d", limit), func() { read++ })
			wantEqual(t, fmt.Sprintf("the list with limit=%d", limit), got, reversed(names))
			wantEqual(t, fmt.Sprintf("the number of pages with limit=%d", limit), read, pages)
		}

		first := s.Do(t, "GET", "/api/jobs?q=JOB&limit=2&include=progress&jiraLabel=", "")
		wantEqual(t, "Link of a filter that finds nothing", first.Header.Get("Link"), "")
		first = s.Do(t, "GET", "/api/jobs?q=JOB%201&limit=2&include=progress", "")
		next, err := url.Parse(nextPage(t, first))
		if err != nil {
			t.Fatal(err)
		}
		query := next.Query()
		cursor := query.Get("cursor")
		query.Del("cursor")
		wantEqual(t, "what the link keeps", query, url.Values{"q": {"JOB 1"}, "limit": {"2"}, "include": {"progress"}})
		// A cursor without a limit: the rest.
		wantEqual(t, "the rest", listNames(t, s, "/api/jobs?cursor="+cursor), reversed(names[:10]))
	})
}

// TestListJobsPagesWhileOthersCreateAndDelete reads the pages while jobs are created and deleted. Each job that exists the whole
// time is seen exactly once.
func TestListJobsPagesWhileOthersCreateAndDelete(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		stays := make([]string, 60)
		for i := range stays {
			stays[i] = fmt.Sprintf("stays %d", i)
		}
		leaves := []string{}
		for i, name := range stays {
			createJobs(t, s, name)
			if i%3 == 0 {
				leaves = append(leaves, createJob(t, s, goal("1")).ID)
			}
		}
		stop := make(chan struct{})
		var creators sync.WaitGroup
		for range 4 {
			creators.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = s.Client.CreateJobWithResponse(t.Context(), nil, client.JobCreate{Name: "new", GoalQuantity: 1})
					}
				}
			})
		}
		seen := walk(t, s, "/api/jobs?limit=7", func() {
			// One of them is the job that the cursor names.
			if len(leaves) > 0 {
				s.Do(t, "DELETE", "/api/jobs/"+leaves[len(leaves)-1], "")
				leaves = leaves[:len(leaves)-1]
			}
		})
		close(stop)
		creators.Wait()
		kept := slices.DeleteFunc(seen, func(name string) bool { return !strings.HasPrefix(name, "stays") })
		wantEqual(t, "what stays", kept, reversed(stays))
	})
}

func TestListJobsWithProgress(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		createJobs(t, s, "a", "b")
		const progress = `"progress":{"totalGoal":1,"totalCompleted":0,"totalInProgress":0,"totalScrapped":0,"percentComplete":0,"pathProgress":[]}`
		with := s.Do(t, "GET", "/api/jobs?include=progress", "")
		wantJSON(t, with.Body, `[{"name":"b",`+progress+`},{"name":"a",`+progress+`}]`)
		if without := s.Do(t, "GET", "/api/jobs", ""); strings.Contains(without.Body, "progress") {
			t.Errorf("nobody asked for progress: %s", without.Body)
		}
	})
}

// TestListJobsStreams requests more than the server keeps in memory, and starts to read only when the buffers of the connection are
// full.
func TestListJobsStreams(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		const count = 2101 // neither a multiple of the pages inside nor just one
		summary := strings.Repeat("x", 2000)
		var creators sync.WaitGroup
		next := make(chan int)
		for range 16 {
			creators.Go(func() {
				for range next {
					_, _ = s.Client.CreateJobWithResponse(t.Context(), nil, client.JobCreate{Name: "x", GoalQuantity: 1, JiraTicketSummary: &summary})
				}
			})
		}
		for i := range count {
			next <- i
		}
		close(next)
		creators.Wait()

		for _, query := range []string{"", "?include=progress"} {
			response, err := http.Get(s.URL + "/api/jobs" + query)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "the length announced", response.ContentLength, -1)
			// A slow reader must not hold up writers, which on SQLite share a connection.
			createJob(t, s, goal("1"))
			content, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			var jobs []gen.Job
			if err := json.Unmarshal(content, &jobs); err != nil {
				t.Fatal(err)
			}
			ids := make([]string, len(jobs))
			for i, job := range jobs {
				ids[i] = job.ID
			}
			if !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
				t.Error("the list is not in the order of ids, newest first")
			}
			seen := slices.Compact(ids)
			if len(jobs) < count || len(jobs) > count+1 || len(seen) != len(ids) {
				t.Errorf("the list has %d jobs, %d of them different, want %d", len(jobs), len(seen), count)
			}
			s.Do(t, "DELETE", "/api/jobs/"+ids[0], "")
		}
	})
}
