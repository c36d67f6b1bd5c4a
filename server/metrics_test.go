package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestMetricsOfTheShop checks what /metrics says about jobs, units, moves, and streams.
func TestMetricsOfTheShop(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		post := func(path, body string, headers ...string) routecardtest.Answer {
			t.Helper()
			answer := s.Do(t, "POST", path, body, headers...)
			if answer.Status/100 != 2 {
				t.Fatalf("POST %s was answered %d %s", path, answer.Status, answer.Body)
			}
			return answer
		}
		for range 2 {
			post("/api/jobs", exampleJob)
		}
		job := routecardtest.Decode[gen.Job](t, post("/api/jobs", `{"name":"JOB-2024-002","goalQuantity":1}`))
		path := routecardtest.Decode[gen.Path](t, post("/api/paths",
			`{"jobId":"`+job.ID+`","name":"Main Route","goalQuantity":1,"steps":[{"name":"Saw"},{"name":"Deburring"}]}`))
		post("/api/serials", `{"pathId":"`+path.ID+`","quantity":5}`)
		post("/api/serials/advance", `{"serialIds":["SN-00001","SN-00002"]}`)
		post("/api/serials/SN-00001/advance", `{}`, "Idempotency-Key: once")
		post("/api/serials/SN-00001/advance", `{}`, "Idempotency-Key: once")
		late := post("/api/jobs", `{"name":"JOB-2024-003","goalQuantity":1,"dueDate":"2024-01-14"}`)
		post("/api/jobs", `{"name":"JOB-2024-004","goalQuantity":1,"dueDate":"2024-01-14"}`)
		post("/api/jobs", `{"name":"JOB-2024-005","goalQuantity":1,"dueDate":"2024-01-15"}`)
		post("/api/jobs/"+routecardtest.Decode[gen.Job](t, late).ID+"/close", `{}`)
		post("/api/serials/SN-00003/scrap", `{"reason":"damaged"}`)
		post("/api/serials/advance", `{"serialIds":["SN-00002","SN-00003"],"mode":"perItem"}`)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/event-stream")
		stream, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Body.Close()
		metrics := "\n" + s.Do(t, "GET", "/metrics", "").Body
		for _, want := range []string{
			"routecard_jobs 6", "routecard_jobs_open 4", "routecard_jobs_late 1", `routecard_units{status="in_progress"} 2`, `routecard_units{status="completed"} 2`,
			`routecard_units{status="scrapped"} 1`, "routecard_moves_total 5", "routecard_streams 1",
		} {
			if !strings.Contains(metrics, "\n"+want+"\n") {
				t.Errorf("/metrics lacks %s", want)
			}
		}
	})
}
