package routecard_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
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

func TestResponseOfAnotherServer(t *testing.T) {
	t.Parallel()
	_, err := newClient(t, newScript(t, answers(http.StatusOK, "<html>Welcome</html>")).URL).GetJob(t.Context(), "job_1")
	if err == nil {
		t.Error("GetJob returned a job from an HTML page")
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

// TestOptionsOnOtherMethods checks that a call with an option that the server would ignore fails without a request.
func TestOptionsOnOtherMethods(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusOK, jobBody))
	c := newClient(t, server.URL)
	_, onGet := c.GetJob(t.Context(), "job_1", routecard.IfMatch(`"1"`))
	_, onPost := c.CreateJob(t.Context(), routecard.JobCreate{}, routecard.IfMatch(`"1"`))
	_, keyOnPut := c.UpdateJob(t.Context(), "job_1", routecard.JobUpdate{}, routecard.IdempotencyKey("k"))
	if onGet == nil || onPost == nil || keyOnPut == nil || len(server.urls()) != 0 {
		t.Errorf("got %v, %v, %v and %d requests", onGet, onPost, keyOnPut, len(server.urls()))
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	server := newScript(t, answers(http.StatusOK, jobBody))
	if _, err := newClient(t, server.URL, routecard.WithAPIKey("secret")).GetJob(t.Context(), "job_1"); err != nil {
		t.Fatal(err)
	}
	if got := server.seen("Authorization"); !slices.Equal(got, []string{"Bearer secret"}) {
		t.Errorf("Authorization: %q", got)
	}
}

// TestIfMatch checks that all attempts of every update and deletion carry the header.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	option := routecard.IfMatch(`"3"`)
	for request, call := range map[string]func(context.Context, *routecard.Client) error{
		`PUT /api/jobs/job_1 {"name":"x"}`: func(ctx context.Context, c *routecard.Client) error {
			_, err := c.UpdateJob(ctx, "job_1", routecard.JobUpdate{Name: new("x")}, option)
			return err
		},
		`DELETE /api/jobs/job_1 `: func(ctx context.Context, c *routecard.Client) error {
			return c.DeleteJob(ctx, "job_1", option)
		},
		`PUT /api/paths/path_1 {"name":"x"}`: func(ctx context.Context, c *routecard.Client) error {
			_, err := c.UpdatePath(ctx, "path_1", routecard.PathUpdate{Name: new("x")}, option)
			return err
		},
		`DELETE /api/paths/path_1 `: func(ctx context.Context, c *routecard.Client) error {
			return c.DeletePath(ctx, "path_1", option)
		},
		`PATCH /api/steps/step_1 {"name":"x"}`: func(ctx context.Context, c *routecard.Client) error {
			_, err := c.UpdateStep(ctx, "step_1", routecard.StepUpdate{Name: new("x")}, option)
			return err
		},
		`DELETE /api/serials/SN-00001/steps/step_1/override `: func(ctx context.Context, c *routecard.Client) error {
			return c.ClearStepOverride(ctx, "SN-00001", "step_1", option)
		},
	} {
		server := newScript(t, cuts, answers(http.StatusServiceUnavailable, errorBody("busy")), answers(http.StatusOK, "{}"))
		if err := call(t.Context(), newClient(t, server.URL)); err != nil {
			t.Errorf("%s: %v", request, err)
		}
		if got := server.seen("If-Match"); !slices.Equal(got, []string{`"3"`, `"3"`, `"3"`}) {
			t.Errorf("%s: If-Match is %q", request, got)
		}
		if got := server.seen("Idempotency-Key"); len(slices.Compact(got)) != 1 || got[0] != "" {
			t.Errorf("%s: Idempotency-Key is %q", request, got)
		}
		for i, sent := range server.requests {
			if got := sent.Method + " " + sent.URL.Path + " " + server.bodies[i]; got != request {
				t.Errorf("sent %s, want %s", got, request)
			}
		}
	}
}
