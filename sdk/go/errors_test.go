package routecard_test

import (
	"errors"
	"net/http"
	"reflect"
	"testing"

	routecard "github.com/routecard/routecard/sdk/go"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   routecard.Error
		text   string
	}{
		{
			"fields",
			answers(http.StatusBadRequest, `{"statusCode":400,"message":"name is required","errors":[
				{"field":"name","message":"name is required"},{"field":"goalQuantity","message":"goalQuantity is required"}]}`, "X-Request-Id", "r1"),
			routecard.Error{
				StatusCode: 400, Message: "name is required", RequestID: "r1", Attempts: 1,
				Errors: []routecard.FieldError{
					{Field: "name", Message: "name is required"},
					{Field: "goalQuantity", Message: "goalQuantity is required"},
				},
			},
			"400 name is required; goalQuantity is required",
		},
		{
			"a sentence",
			answers(http.StatusConflict, `{"statusCode":409,"message":"Cannot delete job: it has 5 serial number(s)"}`),
			routecard.Error{StatusCode: 409, Message: "Cannot delete job: it has 5 serial number(s)", Attempts: 1},
			"409 Cannot delete job: it has 5 serial number(s)",
		},
		{
			"a proxy's page",
			answers(http.StatusForbidden, "<html>no</html>", "Content-Type", "text/html"),
			routecard.Error{StatusCode: 403, Message: "Forbidden", Attempts: 1},
			"403 Forbidden",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := newClient(t, newScript(t, test.answer).URL).DeleteJob(t.Context(), "job_1")
			var failure *routecard.Error
			if !errors.As(err, &failure) || !reflect.DeepEqual(*failure, test.want) || err.Error() != test.text {
				t.Errorf("got %#v, %v", failure, err)
			}
			if routecard.IsConflict(err) != (test.want.StatusCode == http.StatusConflict) || routecard.IsNotFound(err) || routecard.IsChanged(err) {
				t.Error("the predicates are wrong")
			}
		})
	}
}

func TestAnswerOfSomethingElse(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, newScript(t, answers(http.StatusOK, "<html>Welcome</html>")).URL).GetJob(t.Context(), "job_1")
	if err == nil {
		t.Error("a page was taken for a job")
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:3000", "ftp://localhost", "http://", "://"} {
		if _, err := routecard.New(url); err == nil {
			t.Errorf("%q was accepted", url)
		}
	}
}

// An option that the server would ignore must not look as if it worked.
func TestOptionsWhereTheyMeanNothing(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusOK, jobBody))
	c := newClient(t, server.URL)
	_, onGet := c.GetJob(t.Context(), "job_1", routecard.IfMatch(`"1"`))
	_, onPost := c.CreateJob(t.Context(), routecard.JobCreate{}, routecard.IfMatch(`"1"`))
	_, keyOnPut := c.UpdateJob(t.Context(), "job_1", routecard.JobUpdate{}, routecard.IdempotencyKey("k"))
	if onGet == nil || onPost == nil || keyOnPut == nil || len(server.seen("Host")) != 0 {
		t.Error("sent although it can't work")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusOK, jobBody))
	c := newClient(t, server.URL, routecard.WithAPIKey("secret"))
	if _, err := c.UpdateJob(t.Context(), "job_1", routecard.JobUpdate{Name: new("x")}, routecard.IfMatch(`"3"`)); err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{"Authorization": "Bearer secret", "If-Match": `"3"`, "Idempotency-Key": ""} {
		if got := server.seen(header)[0]; got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	if got := server.bodies[0]; got != `{"name":"x"}` {
		t.Errorf("sent %s", got)
	}
}
