package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// TestIDsAscendAfterARestart stores a job, a path, or a key with an id that is minutes ahead of the clock, as if the clock had
// been set back since, and opens the database again. What is created then has a higher id, so that lists show it as the newest.
func TestIDsAscendAfterARestart(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		for prefix, copied := range map[string]string{
			models.JobPrefix: `INSERT INTO jobs (id, name, goal_quantity, search_text, version, created_at, updated_at)
				SELECT '%s', 'ahead', goal_quantity, search_text, version, created_at, updated_at FROM jobs LIMIT 1`,
			models.PathPrefix: `INSERT INTO paths (id, job_id, name, goal_quantity, advancement_mode, last_step_no, version, created_at, updated_at)
				SELECT '%s', job_id, 'ahead', goal_quantity, advancement_mode, last_step_no, version, created_at, updated_at FROM paths LIMIT 1`,
			models.KeyPrefix: `INSERT INTO api_keys (id, name, role, hash, created_at)
				SELECT '%s', 'ahead', role, 'another', created_at FROM api_keys LIMIT 1`,
		} {
			s := open(t, database)
			newPath(t, s, 1)
			createKey(t, s, "before "+prefix)
			ahead := aheadOf(models.NewID(prefix))
			if _, err := anyPool(s).ExecContext(t.Context(), fmt.Sprintf(copied, ahead)); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}

			s = open(t, database)
			createKey(t, s, "after "+prefix)
			keys, err := s.Keys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			job := create(t, s, models.Job{Name: "after", GoalQuantity: 1})
			wantEqual(t, "the newest key", keys[len(keys)-1].Name, "after "+prefix)
			wantEqual(t, "the newest job", list(t, s, store.JobFilter{})[0].ID, job.ID)
			if job.ID[len("job_"):] <= ahead[len(prefix)+1:] {
				t.Errorf("the new job %s does not sort after %s", job.ID, ahead)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// aheadOf returns an id that was made at least 17 minutes after the given one.
func aheadOf(id string) string {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	digits := []byte(id)
	i := strings.IndexByte(id, '_') + 6 // Each digit here is 32^4 milliseconds.
	for digits[i] == 'z' {
		i--
	}
	digits[i] = alphabet[strings.IndexByte(alphabet, digits[i])+1]
	return string(digits)
}

func createKey(t *testing.T, s *store.Store, name string) {
	t.Helper()
	if _, err := s.CreateKey(t.Context(), name, models.RoleRead); err != nil {
		t.Fatal(err)
	}
}
