package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/routecardtest"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// createKeys creates a key of each role and a revoked key, with the names read, operate, write, and revoked. It creates them before
// the first request, so that the server reads all of them at once.
func createKeys(t *testing.T, s *routecardtest.Server) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for name, role := range map[string]models.Role{
		"read": models.RoleRead, "operate": models.RoleOperate, "write": models.RoleWrite, "revoked": models.RoleWrite,
	} {
		key, err := s.Store.CreateKey(t.Context(), name, role)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	if err := s.Store.RevokeKey(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	return keys
}

func bearer(key string) string { return "Authorization: Bearer " + key }

// roleOf returns the role that the operation needs by the general rule. It does not read the role from the contract.
func roleOf(operation *contract.Operation) models.Role {
	switch {
	case operation.Method == http.MethodGet:
		return models.RoleRead
	case strings.HasPrefix(operation.Path, "/api/serials/") && operation.ID != "deleteSerial":
		return models.RoleOperate
	default:
		return models.RoleWrite
	}
}

// statusBehindKeys is the status of the operation for an authorized request without a body and with unknown ids.
func statusBehindKeys(operation *contract.Operation) int {
	switch {
	case operation.TakesBody():
		return http.StatusUnsupportedMediaType
	case operation.ID == "getForecast":
		return http.StatusBadRequest // it needs a job
	case strings.HasPrefix(operation.Path, "/api/jira/"):
		return http.StatusConflict // it is not configured
	case strings.Contains(operation.Path, "{"):
		return http.StatusNotFound
	default:
		return http.StatusOK
	}
}

// TestRoles sends a request to each operation of the contract without a key, and with a key of each kind.
func TestRoles(t *testing.T) {
	t.Parallel()
	rules, err := contract.Load(gen.Contract)
	if err != nil {
		t.Fatal(err)
	}
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		keys := createKeys(t, s)
		required := gen.Error{StatusCode: 401, Message: "An API key is required"}
		for _, operation := range rules.Operations() {
			t.Run(operation.ID, func(t *testing.T) {
				t.Parallel()
				wantEqual(t, "the role in the contract", models.Role(operation.Role), roleOf(operation))
				path := regexp.MustCompile(`{\w+}`).ReplaceAllString(operation.Path, "nothing")
				for caller, headers := range map[string][]string{
					"nobody":    nil,
					"a guess":   {bearer("rck_AAAAAAAAAAAAAAAAAAAAAAAAAA")},
					"a hash":    {bearer(store.HashKey(keys["write"]))},
					"a revoked": {bearer(keys["revoked"])},
				} {
					answer := s.Do(t, operation.Method, path, "", headers...)
					wantError(t, answer, required)
					wantEqual(t, "WWW-Authenticate for "+caller, answer.Header.Get("WWW-Authenticate"), "Bearer")
				}
				for _, role := range []models.Role{models.RoleRead, models.RoleOperate, models.RoleWrite} {
					answer := s.Do(t, operation.Method, path, "", bearer(keys[string(role)]))
					if role.Reaches(roleOf(operation)) {
						wantEqual(t, fmt.Sprintf("the status for %s", role), answer.Status, statusBehindKeys(operation))
						continue
					}
					wantError(t, answer, gen.Error{
						StatusCode: 403, Message: fmt.Sprintf("The API key's role %s does not allow this", role),
					})
				}
			})
		}
	})
}

// TestRolesReach checks the order of the roles, which TestRoles relies on.
func TestRolesReach(t *testing.T) {
	t.Parallel()
	order := []models.Role{"", models.RoleRead, models.RoleOperate, models.RoleWrite}
	for has, role := range order {
		for asked := 1; asked < len(order); asked++ {
			wantEqual(t, fmt.Sprintf("%q reaches %q", role, order[asked]), role.Reaches(order[asked]), has >= asked)
		}
	}
}

// TestAuthorization checks the forms of the header, and that a client without a valid key learns nothing else about its request.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		key := createKeys(t, s)["write"]
		for header, want := range map[string]int{
			"Bearer " + key:                  200,
			"bearer " + key:                  200,
			"BEARER  " + key:                 200,
			"Bearer " + strings.ToLower(key): 401,
			"Bearer " + key[:len(key)-1]:     401,
			"Bearer " + key + "A":            401,
			"Bearer":                         401,
			"Bearer ":                        401,
			"Basic " + key:                   401,
			key:                              401,
			"Bearer Bearer " + key:           401,
			"Bearer \xff\xfe":                401,
		} {
			wantEqual(t, fmt.Sprintf("the status for %q", header), s.Do(t, "GET", "/api/jobs", "", "Authorization: "+header).Status, want)
		}
		wantEqual(t, "the status with the key as a parameter", s.Do(t, "GET", "/api/jobs?access_token="+key, "").Status, 401)
		for name, request := range map[string][3]string{
			"a bad parameter":  {"GET", "/api/jobs?limit=x", ""},
			"a broken query":   {"GET", "/api/jobs?q=%zz", ""},
			"bad input":        {"POST", "/api/jobs", `{}`},
			"a large body":     {"POST", "/api/jobs", padded(1<<20 + 1)},
			"no JSON":          {"PUT", "/api/jobs/x", `{`},
			"a lost job":       {"GET", "/api/jobs/x", ""},
			"a stream's start": {"GET", "/api/events", ""},
		} {
			answer := s.Do(t, request[0], request[1], request[2], "Accept: text/event-stream")
			wantEqual(t, "the status for a stranger with "+name, answer.Status, 401)
		}
		for _, open := range []string{"/healthz", "/readyz", "/docs", "/openapi.json"} {
			wantEqual(t, "the status of "+open, s.Do(t, "GET", open, "").Status, 200)
		}
	})
}

// TestNameOfKeyOnEvents checks that each event has the user that the request names and the name of the key that was used.
func TestNameOfKeyOnEvents(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		// As it is recorded while the API is open.
		if _, _, err := s.Store.CreateJob(t.Context(), store.Request{UserID: "ada"}, models.Job{Name: "x", GoalQuantity: 1}); err != nil {
			t.Fatal(err)
		}
		keys := createKeys(t, s)
		write, operate := bearer(keys["write"]), bearer(keys["operate"])
		job := routecardtest.Decode[gen.Job](t, mustPost(t, s, "/api/jobs", exampleJob, write))
		route := routecardtest.Decode[gen.Path](t, mustPost(t, s, "/api/paths",
			`{"jobId":"`+job.ID+`","name":"p","goalQuantity":1,"steps":[{"name":"Saw"},{"name":"Mill"},{"name":"Wash"}]}`, write))
		mustPost(t, s, "/api/serials", `{"pathId":"`+route.ID+`","quantity":1,"userId":"maria"}`, write)
		mustPost(t, s, "/api/serials/SN-00001/advance", `{}`, operate)
		mustPost(t, s, "/api/serials/SN-00001/advance", `{"userId":"jo"}`, operate)
		mustPost(t, s, "/api/serials/advance", `{"serialIds":["SN-00001"],"userId":"write"}`, operate)
		wantEqual(t, "the status of the update", s.Do(t, "PUT", "/api/jobs/"+job.ID, `{"name":"y"}`, write).Status, 200)
		answer := s.Do(t, "GET", "/api/events", "", operate)
		users := []string{}
		for _, event := range routecardtest.Decode[[]gen.Event](t, answer) {
			key := "no key"
			if event.KeyName != nil {
				key = *event.KeyName
			}
			users = append(users, event.Type+" "+event.UserID+" "+key)
		}
		wantEqual(t, "the users and keys of the events", users, []string{
			"job.created ada no key", "job.created write write", "path.created write write", "serial.created maria write",
			"serial.advanced operate operate", "serial.advanced jo operate", "serial.completed write operate",
			"job.updated write write",
		})
		// Absent, and not empty or null.
		wantEqual(t, "the number of events with a keyName", strings.Count(answer.Body, `"keyName"`), len(users)-1)
	})
}

// TestIdempotencyKeysOfTwoCallers has two callers use the same key.
func TestIdempotencyKeysOfTwoCallers(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		keys := createKeys(t, s)
		second, err := s.Store.CreateKey(t.Context(), "second", models.RoleWrite)
		if err != nil {
			t.Fatal(err)
		}
		const key = "Idempotency-Key: k"
		one := mustPost(t, s, "/api/jobs", `{"name":"one","goalQuantity":1}`, key, bearer(keys["write"]))
		two := mustPost(t, s, "/api/jobs", `{"name":"two","goalQuantity":1}`, key, bearer(second))
		wantReplay(t, s.Do(t, "POST", "/api/jobs", `{"name":"one","goalQuantity":1}`, key, bearer(keys["write"])), one)
		wantReplay(t, s.Do(t, "POST", "/api/jobs", `{"name":"two","goalQuantity":1}`, key, bearer(second)), two)
		// A client with the idempotency key of a request, but without the role, does not get the response.
		for caller, want := range map[string]int{keys["read"]: 403, keys["operate"]: 403, keys["revoked"]: 401, "": 401} {
			answer := s.Do(t, "POST", "/api/jobs", `{"name":"one","goalQuantity":1}`, key, bearer(caller))
			wantEqual(t, "the status", answer.Status, want)
		}
	})
}

// TestKeysAreNotStored uses a key in every way, and then searches the database and the log for it.
func TestKeysAreNotStored(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		keys := createKeys(t, s)
		for name, key := range keys {
			s.Do(t, "POST", "/api/jobs", exampleJob, bearer(key), "Idempotency-Key: "+name)
			s.Do(t, "GET", "/api/nothing", "", bearer(key))
			s.Do(t, "GET", "/api/jobs?limit=x", "", bearer(key))
		}
		s.Clock.OnNow(func() { panic("on purpose") })
		wantEqual(t, "the status of a panic", s.Do(t, "POST", "/api/jobs", exampleJob, bearer(keys["write"])).Status, 500)
		s.Clock.OnNow(nil)

		kept := map[string][]byte{"the log": []byte(s.Log.String())}
		if strings.HasPrefix(s.Database, "postgres") {
			kept["the database"] = allRows(t, s.Database)
		} else {
			for _, file := range databaseFiles(t, s.Database) {
				content, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				kept[filepath.Base(file)] = content
			}
		}
		for what, content := range kept {
			for name, key := range keys {
				// The part after the mark as well, and the header that it came in.
				for _, secret := range []string{key, strings.TrimPrefix(key, "rck_")} {
					if bytes.Contains(content, []byte(secret)) {
						t.Errorf("%s holds the key %s", what, name)
					}
				}
			}
		}
		// The names of the keys are found, so the search works.
		found := 0
		for _, content := range kept {
			found += bytes.Count(content, []byte("operate"))
		}
		if found == 0 {
			t.Error("the search finds nothing at all")
		}
	})
}

// databaseFiles lists the SQLite file and those beside it.
func databaseFiles(t *testing.T, database string) []string {
	t.Helper()
	files, err := filepath.Glob(database + "*")
	if err != nil || len(files) < 2 { // the file and its log
		t.Fatalf("the database is %v, %v", files, err)
	}
	return files
}

// allRows is every row of every table of a PostgreSQL database, as text.
func allRows(t *testing.T, database string) []byte {
	t.Helper()
	conn := connect(t, database)
	rows, err := conn.Query(t.Context(), "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 5 {
		t.Fatalf("the tables are %v, %v", tables, err)
	}
	var content bytes.Buffer
	for _, table := range tables {
		var text *string
		if err := conn.QueryRow(t.Context(), "SELECT string_agg(t::text, E'\n') FROM "+table+" t").Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != nil {
			content.WriteString(*text)
		}
	}
	return content.Bytes()
}

// TestKeysFromElsewhere creates and revokes keys as the command line does, in another store. Servers that have just read the keys
// must notice within 10 seconds. The test waits for that, because the documentation promises it.
func TestKeysFromElsewhere(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		servers := []*routecardtest.Server{routecardtest.New(t, database)}
		if strings.HasPrefix(database, "postgres") {
			servers = append(servers, routecardtest.New(t, database))
		}
		beside, err := store.Open(t.Context(), database, store.Options{Mode: store.Beside})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = beside.Close() })
		// within waits until every server returns this status.
		within := func(what string, since time.Time, status int, headers ...string) {
			t.Helper()
			ctx, cancel := context.WithDeadline(t.Context(), since.Add(10*time.Second))
			defer cancel()
			for _, s := range servers {
				for s.Do(t, "GET", "/api/jobs", "", headers...).Status != status {
					select {
					case <-ctx.Done():
						t.Fatalf("%s, and 10 seconds later the status is not %d", what, status)
					case <-time.After(50 * time.Millisecond):
					}
				}
			}
		}
		within("the API is open", time.Now(), 200)
		key, err := beside.CreateKey(t.Context(), "erp", models.RoleRead)
		if err != nil {
			t.Fatal(err)
		}
		created := time.Now()
		within("a key was created", created, 401)
		within("a key was created", created, 200, bearer(key))
		if err := beside.RevokeKey(t.Context(), "erp"); err != nil {
			t.Fatal(err)
		}
		within("the key was revoked", time.Now(), 401, bearer(key))
		// The last key is revoked, and the API stays closed.
		within("the key was revoked", time.Now(), 401)
	})
}

// TestKeysEndStreams creates and revokes keys as the command line does, while nobody sends requests. The streams that a change
// of the keys concerns must end within 10 seconds, and the others must go on.
func TestKeysEndStreams(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		s := routecardtest.New(t, database)
		beside, err := store.Open(t.Context(), database, store.Options{Mode: store.Beside})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = beside.Close() })
		create := func(name string) string {
			t.Helper()
			key, err := beside.CreateKey(t.Context(), name, models.RoleWrite)
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		connected := func(headers ...string) *stream {
			t.Helper()
			live := openStream(t, s.URL+"/api/events", headers...)
			<-live.comments
			return live
		}
		mustEnd := func(what string, live *stream) {
			t.Helper()
			select {
			case <-live.ended:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s has not ended after 10 seconds", what)
			}
		}
		open := connected()
		revoked := create("revoked")
		mustEnd("a stream without a key, after the first key was created,", open)

		kept := create("kept")
		// The server may use the keys that it read earlier for some seconds.
		for s.Do(t, "GET", "/api/jobs", "", bearer(kept)).Status != 200 {
			time.Sleep(100 * time.Millisecond)
		}
		concerned, other := connected(bearer(revoked)), connected(bearer(kept))
		if err := beside.RevokeKey(t.Context(), "revoked"); err != nil {
			t.Fatal(err)
		}
		mustEnd("the stream of a revoked key", concerned)
		wantEqual(t, "the status", s.Do(t, "POST", "/api/jobs", exampleJob, bearer(kept)).Status, 201)
		wantEqual(t, "the next event of the other stream", other.next(1)[0].Type, "job.created")
	})
}
