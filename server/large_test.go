package server_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

// TestListsOfLargeItems lists jobs, paths, and events that are too large to be read together. A list has them all, and a page
// has as many as the client asks for.
func TestListsOfLargeItems(t *testing.T) {
	t.Parallel()
	const count = 4
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		label := `"` + strings.Repeat("x", 255) + `"`
		labels := strings.TrimSuffix(strings.Repeat(label+",", 1000), ",")
		var job gen.Job
		for range count {
			created := s.Do(t, "POST", "/api/jobs", fmt.Sprintf(`{"name":"JOB-2024-001","goalQuantity":50,"jiraLabels":[%s]}`, labels))
			wantEqual(t, "the status", created.Status, http.StatusCreated)
			job = routecardtest.Decode[gen.Job](t, created)
		}
		for i := range count {
			// The steps take 1 MB, which is more than a page, or 300 kB.
			step := fmt.Sprintf(`{"name":%q,"location":%[1]q}`, strings.Repeat("x", []int{1000, 300}[i%2]))
			steps := strings.TrimSuffix(strings.Repeat(step+",", 500), ",")
			created := s.Do(t, "POST", "/api/paths", fmt.Sprintf(`{"jobId":%q,"name":"Main Route","goalQuantity":50,"steps":[%s]}`, job.ID, steps))
			wantEqual(t, "the status", created.Status, http.StatusCreated)
		}
		for list, total := range map[string]int{"/api/jobs": count, "/api/jobs/" + job.ID + "/paths": count, "/api/events": 2 * count} {
			whole := s.Do(t, "GET", list, "")
			all := routecardtest.Decode[[]map[string]any](t, whole)
			wantEqual(t, "the number of items", len(all), total)
			wantEqual(t, "the Link of a whole list", whole.Header.Get("Link"), "")
			for _, limit := range []int{1, 3, total, total + 1} {
				var paged []map[string]any
				for next := fmt.Sprintf("%s?limit=%d", list, limit); next != ""; {
					page := s.Do(t, "GET", next, "")
					items := routecardtest.Decode[[]map[string]any](t, page)
					wantEqual(t, "the number of items of "+next, len(items), min(limit, total-len(paged)))
					paged = append(paged, items...)
					next, _, _ = strings.Cut(strings.TrimPrefix(page.Header.Get("Link"), "<"), ">")
				}
				wantEqual(t, fmt.Sprintf("the items in pages of %d", limit), reflect.DeepEqual(paged, all), true)
			}
			for _, item := range all {
				if steps, ok := item["steps"].([]any); ok {
					wantEqual(t, "the number of steps", len(steps), 500)
				}
			}
		}
	})
}
