package jira_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// printed formats a value in every way that a log or careless code might.
func printed(out *bytes.Buffer, v any) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		fmt.Fprintf(out, format+"\n", v)
		fmt.Fprintf(out, format+"\n", struct{ V any }{v})
		fmt.Fprintf(out, format+"\n", []any{v})
	}
	slog.New(slog.NewTextHandler(out, nil)).Info("value", "v", v)
	slog.New(slog.NewJSONHandler(out, nil)).Info("value", "v", v)
	slog.New(slog.NewJSONHandler(out, nil)).Info("value", "v", struct{ V any }{v})
	_ = json.NewEncoder(out).Encode(v)
}

// basic is the credentials in the form of basic authentication.
func basic() string {
	return base64.StdEncoding.EncodeToString([]byte(jiratest.User + ":" + jiratest.Token))
}

// wantNoSecret checks that output contains the token neither as it is, nor in the form of basic authentication, nor in hexadecimal.
func wantNoSecret(t *testing.T, out string) {
	t.Helper()
	for _, secret := range []string{
		jiratest.Token,
		basic(),
		fmt.Sprintf("%x", jiratest.Token),
	} {
		if at := strings.Index(out, secret); at >= 0 {
			t.Errorf("the token shows: …%s…", out[max(0, at-200):at+20])
		}
	}
}

func TestConfigHidesTheToken(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		cfg := b.fake.Config()
		var out bytes.Buffer
		printed(&out, cfg)
		printed(&out, &cfg)
		printed(&out, b.client)
		type holder struct {
			Config jira.Config
			client *jira.Client
		}
		printed(&out, holder{cfg, b.client})
		wantNoSecret(t, out.String())
		if !strings.Contains(out.String(), cfg.URL) {
			t.Error("the rest of the configuration does not show")
		}
	})
}

func TestConfigHidesAPasswordInTheURL(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://me:sesame@example.com", "https://me:sesame%zz@example.com", "://me:sesame@"} {
		var out bytes.Buffer
		printed(&out, jira.Config{URL: address, Token: "t"})
		if strings.Contains(out.String(), "sesame") {
			t.Errorf("the password shows: %s", out.String())
		}
	}
}

// TestErrorsHideTheToken collects the errors of every operation and fault, and of a Jira whose responses contain the token.
func TestErrorsHideTheToken(t *testing.T) {
	t.Parallel()
	says := "token " + jiratest.Token + " or " + basic() + " is not right"
	faults := map[string]jiratest.Fault{
		"message":      jiratest.Status(401, says),
		"field":        jiratest.Body(400, "application/json", `{"errors":{"`+jiratest.Token+`":"`+says+`"}}`),
		"other form":   jiratest.Body(403, "application/json", `{"message":"`+says+`"}`),
		"not found":    jiratest.Status(404, says),
		"500":          jiratest.Status(500, says),
		"429":          jiratest.Status(429, says),
		"text":         jiratest.Body(200, "text/plain", says),
		"content type": jiratest.Body(200, says, says),
		"odd type":     jiratest.Body(200, "application/json", `"`+says+`"`),
		"redirect":     jiratest.Redirect(302, "https://example.com/?token="+jiratest.Token),
		"hangup":       jiratest.Hangup,
		"cut off":      jiratest.CutOff,
		"no HTTP": func(w http.ResponseWriter, _ *http.Request, _ *jiratest.Server) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("HTTP/1.1 " + jiratest.Token + "\r\n\r\n"))
				_ = conn.Close()
			}
		},
	}
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment, func(cfg *jira.Config) { cfg.User = jiratest.User })
		var out bytes.Buffer
		for _, fault := range faults {
			b.fake.Heal()
			b.fake.Always("", "", fault)
			for name, run := range operations {
				err := run(t.Context(), b.client)
				if err == nil {
					t.Errorf("%s: no error", name)
					continue
				}
				for _, wrapped := range wrappedErrors(err) {
					fmt.Fprintf(&out, "%v %+v %s %q %#v\n", wrapped, wrapped, wrapped, wrapped, wrapped)
				}
				slog.New(slog.NewTextHandler(&out, nil)).Error("jira", "error", err)
				slog.New(slog.NewJSONHandler(&out, nil)).Error("jira", "error", err)
				if errors.Is(err, jira.ErrPageToken) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		wantNoSecret(t, out.String())
	})
}

// wrappedErrors returns err and all errors that it wraps.
func wrappedErrors(err error) []error {
	all := []error{err}
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case interface{ Unwrap() error }:
		all = append(all, wrappedErrors(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, wrapped := range e.Unwrap() {
			all = append(all, wrappedErrors(wrapped)...)
		}
	}
	return all
}

// TestErrorsHideATokenThatIsEscaped has a token with characters that a URL or a quoted string escapes.
func TestErrorsHideATokenThatIsEscaped(t *testing.T) {
	t.Parallel()
	const token = `sesame "open" & \ / see ü`
	b := setup(t, jira.Cloud, func(cfg *jira.Config) { cfg.Token = token })
	for _, written := range []string{token, url.QueryEscape(token), url.PathEscape(token), strconv.Quote(token)} {
		b.fake.Heal()
		b.fake.Always("", "", jiratest.Status(403, "not right: "+written))
		_, err := b.client.Ticket(t.Context(), "PI-42")
		if err == nil || strings.Contains(err.Error(), "sesame") || !strings.Contains(err.Error(), "[hidden]") {
			t.Errorf("Ticket: %v", err)
		}
	}
}
