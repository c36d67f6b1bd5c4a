package server_test

import (
	"testing"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/routecardtest"
)

func TestSession(t *testing.T) {
	t.Parallel()
	routecardtest.Each(t, func(t *testing.T, s *routecardtest.Server) {
		session := func(headers ...string) gen.Session {
			t.Helper()
			answer := s.Do(t, "GET", "/api/session", "", headers...)
			wantEqual(t, "the status", answer.Status, 200)
			return routecardtest.Decode[gen.Session](t, answer)
		}
		open := gen.Session{Role: "write", Version: "(devel)", TimeZone: "UTC"}
		wantEqual(t, "without keys", session(), open)
		createJob(t, s, exampleJob)
		open.LastSeq = 1
		wantEqual(t, "after an event", session(), open)
	})
}

func TestSessionOfKeys(t *testing.T) {
	t.Parallel()
	routecardtest.EachDatabase(t, func(t *testing.T, database string) {
		w := withJira(t, database)
		for name, key := range createKeys(t, w.Server) {
			answer := w.Do(t, "GET", "/api/session", "", bearer(key))
			if name == "revoked" {
				wantEqual(t, "the status of a revoked key", answer.Status, 401)
				continue
			}
			wantEqual(t, "the session of "+name, routecardtest.Decode[gen.Session](t, answer), gen.Session{
				Role: gen.SessionRole(name), Name: &name, KeysRequired: true, Jira: true, Version: "(devel)", TimeZone: "UTC",
			})
		}
	})
}
