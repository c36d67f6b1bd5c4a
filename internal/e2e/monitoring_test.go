//go:build monitoring

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/routecard/routecard/internal/routecardtest"
)

// deploy is the folder with the alert rules and the dashboard.
const deploy = "../../deploy"

// promtool runs Prometheus' own checker.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	command := exec.Command("promtool", args...)
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// TestAlertRules checks the alert rules and runs their cases.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	promtool(t, "", "check", "rules", filepath.Join(deploy, "prometheus", "rules.yaml"))
	promtool(t, "", "test", "rules", filepath.Join(deploy, "prometheus", "rules_test.yaml"))
	promtool(t, "", "check", "config", filepath.Join(deploy, "prometheus", "prometheus.yaml"))
}

// TestPrometheus has a Prometheus scrape a server, and evaluates each expression of the rules and of the dashboard there.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	database := routecardtest.SQLitePath(t)
	p := startServer(t, "--database", database, "--backup-dir", t.TempDir())
	_, pathID := createJobWithPath(t, p, 2)
	wantEqual(t, "the status", p.do(t, "POST", "/api/serials", `{"pathId":"`+pathID+`","quantity":3}`).Status, http.StatusCreated)
	wantEqual(t, "the status", p.do(t, "POST", "/api/serials/SN-00001/advance", `{}`).Status, http.StatusOK)
	await(t, "the first backup", func() bool { return metric(t, p, "routecard_last_backup_timestamp_seconds") > 0 })
	promtool(t, p.do(t, "GET", "/metrics", "").Body, "check", "metrics")

	dir := t.TempDir()
	rules, err := filepath.Abs(filepath.Join(deploy, "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs: [{job_name: routecard, static_configs: [{targets: [%q]}]}]\n",
		rules, strings.TrimPrefix(p.url, "http://"))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address, log := freeAddress(t), &routecardtest.Log{}
	prometheus := exec.Command("prometheus", "--config.file", filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address)
	prometheus.Stderr = log
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = prometheus.Process.Kill()
		_ = prometheus.Wait()
		if t.Failed() {
			t.Logf("Prometheus logged:\n%s", log)
		}
	})

	type found struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
			Groups []struct {
				Rules []struct{ Name, Query, Health, State string }
			}
		}
	}
	ask := func(path string) (answer found, ok bool) {
		response, err := http.Get("http://" + address + path)
		if err != nil {
			return answer, false
		}
		defer response.Body.Close()
		return answer, json.NewDecoder(response.Body).Decode(&answer) == nil
	}
	value := func(expression string) string {
		answer, ok := ask("/api/v1/query?query=" + url.QueryEscape(expression))
		if ok && answer.Status != "success" {
			t.Errorf("%s: %s", expression, answer.Error)
		}
		if len(answer.Data.Result) != 1 {
			return ""
		}
		text, _ := answer.Data.Result[0].Value[1].(string)
		return text
	}
	for expression, want := range map[string]string{
		`up{job="routecard"}`: "1", "routecard_jobs_open": "1", `routecard_units{status="in_progress"}`: "3", "routecard_moves_total": "1",
		"count(routecard_build_info)": "1",
	} {
		await(t, expression+" to be "+want, func() bool { return value(expression) == want })
	}
	await(t, "Prometheus to evaluate all rules", func() bool {
		answer, ok := ask("/api/v1/rules")
		if !ok || len(answer.Data.Groups) == 0 {
			return false
		}
		for _, rule := range answer.Data.Groups[0].Rules {
			if rule.Health != "ok" {
				return false
			}
			wantEqual(t, "the state of "+rule.Name, rule.State, "inactive")
		}
		return true
	})

	content, err := os.ReadFile(filepath.Join(deploy, "grafana", "routecard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries++
			expression := "count(" + strings.ReplaceAll(target.Expr, "$job", "routecard") + ")"
			await(t, "the panel "+panel.Title+" to have a value", func() bool { return value(expression) != "" })
		}
	}
	if queries < 10 {
		t.Errorf("the dashboard has only %d queries", queries)
	}
}
