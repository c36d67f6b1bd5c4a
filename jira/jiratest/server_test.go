package jiratest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// TestServer sends requests that the client never sends, and that Jira refuses.
func TestServer(t *testing.T) {
	t.Parallel()
	const search = `"project = \"PI\" AND statusCategory != Done ORDER BY created DESC"`
	for name, tc := range map[string]struct {
		deployment, method, path, body string
		anonymous                      bool
		status                         int
		answer                         string // part of the response
	}{
		"serverInfo, Cloud":            {jira.Cloud, "GET", "/rest/api/2/serverInfo", "", true, 200, `"deploymentType":"Cloud"`},
		"serverInfo, Data Center":      {jira.DataCenter, "GET", "/rest/api/2/serverInfo", "", true, 200, `"deploymentType":"Server"`},
		"anonymous issue":              {jira.Cloud, "GET", "/rest/api/3/issue/PI-1", "", true, 401, `"errorMessages":["`},
		"anonymous search":             {jira.DataCenter, "GET", "/rest/api/2/search", "", true, 401, `"errors":{}`},
		"all fields":                   {jira.Cloud, "GET", "/rest/api/3/issue/PI-1", "", false, 200, `"priority":{"name":"Medium"}`},
		"fields asked for":             {jira.Cloud, "GET", "/rest/api/3/issue/PI-1?fields=summary", "", false, 200, `"fields":{"summary":"PI-1"}`},
		"unknown issue":                {jira.DataCenter, "GET", "/rest/api/2/issue/PI-2", "", false, 404, "does not exist"},
		"the search that is gone":      {jira.Cloud, "GET", "/rest/api/3/search?jql=x", "", false, 410, "search/jql"},
		"v3 on Data Center":            {jira.DataCenter, "GET", "/rest/api/3/issue/PI-1", "", false, 404, ""},
		"search without fields":        {jira.Cloud, "POST", "/rest/api/3/search/jql", `{"jql":` + search + `}`, false, 200, `"fields":{},`},
		"search with startAt":          {jira.Cloud, "POST", "/rest/api/3/search/jql", `{"jql":` + search + `,"startAt":0}`, false, 400, "payload"},
		"search with an unknown token": {jira.Cloud, "POST", "/rest/api/3/search/jql", `{"jql":` + search + `,"nextPageToken":"x"}`, false, 400, "token"},
		"JQL of another kind":          {jira.Cloud, "POST", "/rest/api/3/search/jql", `{"jql":"order by key"}`, false, 400, "JQL"},
		"JQL of another kind, v2":      {jira.DataCenter, "GET", "/rest/api/2/search?jql=x", "", false, 400, "JQL"},
		"text as comment on Cloud":     {jira.Cloud, "POST", "/rest/api/3/issue/PI-1/comment", `{"body":"text"}`, false, 400, "Comment body"},
		"empty text in a document":     {jira.Cloud, "POST", "/rest/api/3/issue/PI-1/comment", `{"body":{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":""}]}]}}`, false, 400, "Comment body"},
		"document on Data Center":      {jira.DataCenter, "POST", "/rest/api/2/issue/PI-1/comment", `{"body":{"type":"doc"}}`, false, 400, "Comment body"},
		"no JSON as comment":           {jira.DataCenter, "POST", "/rest/api/2/issue/PI-1/comment", `x`, false, 400, "payload"},
		"unknown comment":              {jira.DataCenter, "PUT", "/rest/api/2/issue/PI-1/comment/7", `{"body":"text"}`, false, 404, "comment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := jiratest.New(t, tc.deployment)
			fake.AddIssue("PI-1", nil)
			request, err := http.NewRequestWithContext(t.Context(), tc.method, fake.URL+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if !tc.anonymous {
				request.SetBasicAuth(jiratest.User, jiratest.Token)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != tc.status || !strings.Contains(string(answer), tc.answer) {
				t.Errorf("%d %s %v, want %d and %s", response.StatusCode, answer, err, tc.status, tc.answer)
			}
			got := fake.Requests()
			if len(got) != 1 || got[0].Authorized == tc.anonymous || got[0].Sent != int64(len(answer)) || string(got[0].Body) != tc.body {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}

func TestServerBearerIsForDataCenter(t *testing.T) {
	t.Parallel()
	for deployment, want := range map[string]int{jira.Cloud: 401, jira.DataCenter: 200} {
		fake := jiratest.New(t, deployment)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fake.URL+"/rest/api/2/serverInfo", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+jiratest.Token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s answers %d, want %d", deployment, response.StatusCode, want)
		}
	}
}
