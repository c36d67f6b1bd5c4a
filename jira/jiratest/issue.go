package jiratest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeFormat is how Jira writes times.
const timeFormat = "2006-01-02T15:04:05.000-0700"

// Fields are the fields of an issue by id, as Jira writes them in JSON: "summary", "labels", "customfield_10900".
type Fields map[string]any

// Named returns the value of a field such as priority: {"name": name}.
func Named(name string) any { return map[string]any{"name": name} }

// Parent returns the value of the field parent: an issue with the key and the issue type. "Epic" has hierarchy level 1, any
// other type level 0.
func Parent(key, issueType string) any {
	level := 0
	if issueType == "Epic" {
		level = 1
	}
	return map[string]any{
		"id": "9999", "key": key,
		"fields": map[string]any{"issuetype": map[string]any{"name": issueType, "hierarchyLevel": level}},
	}
}

// InStatus returns the value of the field status. category is "new", "indeterminate", or "done".
func InStatus(name, category string) any {
	return map[string]any{"name": name, "statusCategory": map[string]any{"key": category}}
}

type issue struct {
	id       int
	key      string
	fields   Fields
	comments []Comment // oldest first
}

// AddIssue adds an issue and its project. When the issue exists, AddIssue sets the given fields and keeps the others. A new
// issue is open and has priority Medium and no labels, unless fields say otherwise.
func (s *Server) AddIssue(key string, fields Fields) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		s.lastID++
		project, _, _ := strings.Cut(key, "-")
		s.projects[project] = true
		i = &issue{id: s.lastID, key: key, fields: Fields{
			"summary": key, "status": InStatus("To Do", "new"), "priority": Named("Medium"), "labels": []string{},
			"created": time.Date(2024, 1, 15, 10, 0, s.lastID, 0, time.UTC).Format(timeFormat),
		}}
		s.issues = append(s.issues, i)
	}
	maps.Copy(i.fields, fields)
}

// RemoveIssue deletes an issue with its comments.
func (s *Server) RemoveIssue(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issues = slices.DeleteFunc(s.issues, func(i *issue) bool { return i.key == key })
}

// find returns the issue with the key in any case, or nil.
func (s *Server) find(key string) *issue {
	for _, i := range s.issues {
		if strings.EqualFold(i.key, key) {
			return i
		}
	}
	return nil
}

// withIssue returns a handler that calls h with the issue in the request's path, or returns 404.
func (s *Server) withIssue(h func(*issue, *http.Request) (int, any)) handler {
	return func(r *http.Request) (int, any) {
		i := s.find(r.PathValue("key"))
		if i == nil {
			return http.StatusNotFound, errorBody("Issue does not exist or you do not have permission to see it.")
		}
		return h(i, r)
	}
}

func (s *Server) getIssue(i *issue, r *http.Request) (int, any) {
	return http.StatusOK, s.issueJSON(i, queryFields(r))
}

// issueJSON returns an issue with the requested fields.
func (s *Server) issueJSON(i *issue, requested []string) any {
	fields := Fields{}
	for id, value := range i.fields {
		if slices.Contains(requested, id) || slices.Contains(requested, "*all") {
			fields[id] = value
		}
	}
	return map[string]any{
		"expand": "renderedFields,names,schema", "id": strconv.Itoa(i.id), "key": i.key,
		"self": fmt.Sprintf("%s%s/issue/%d", s.URL, s.api, i.id), "fields": fields,
	}
}

// queryFields returns the fields that the query requests, which are all by default.
func queryFields(r *http.Request) []string {
	if fields := r.URL.Query().Get("fields"); fields != "" {
		return strings.Split(fields, ",")
	}
	return []string{"*all"}
}

// isDone reports whether the issue's status is in the category Done.
func (i *issue) isDone() bool {
	var status struct {
		StatusCategory struct{ Key string }
	}
	encoded, err := json.Marshal(i.fields["status"])
	return err == nil && json.Unmarshal(encoded, &status) == nil && status.StatusCategory.Key == "done"
}

// searchCloud returns pages by opaque tokens and refuses members that it does not know, as Jira Cloud does.
func (s *Server) searchCloud(r *http.Request) (int, any) {
	query := struct {
		JQL           string   `json:"jql"`
		Fields        []string `json:"fields"`
		MaxResults    int      `json:"maxResults"`
		NextPageToken string   `json:"nextPageToken"`
	}{Fields: []string{"id"}, MaxResults: 50}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&query); err != nil {
		return http.StatusBadRequest, errorBody("The request payload is not valid.")
	}
	const tokenFormat = "Ch0jU3RyaW5n%x=="
	start := 0
	if query.NextPageToken != "" {
		if _, err := fmt.Sscanf(query.NextPageToken, tokenFormat, &start); err != nil {
			return http.StatusBadRequest, errorBody("The page token is not valid.")
		}
	}
	found, problem := s.search(query.JQL)
	if problem != "" {
		return http.StatusBadRequest, errorBody(problem)
	}
	issues := s.issuesJSON(page(found, start, query.MaxResults), query.Fields)
	body := map[string]any{"issues": issues, "isLast": true}
	if end := start + len(issues); end < len(found) {
		body["isLast"], body["nextPageToken"] = false, fmt.Sprintf(tokenFormat, end)
	}
	return http.StatusOK, body
}

// searchDataCenter returns pages by number, with the total.
func (s *Server) searchDataCenter(r *http.Request) (int, any) {
	found, problem := s.search(r.URL.Query().Get("jql"))
	if problem != "" {
		return http.StatusBadRequest, errorBody(problem)
	}
	start, limit := queryInt(r, "startAt", 0), queryInt(r, "maxResults", 50)
	return http.StatusOK, map[string]any{
		"startAt": start, "maxResults": limit, "total": len(found),
		"issues": s.issuesJSON(page(found, start, limit), queryFields(r)),
	}
}

// jqlPattern matches the JQL that the fake understands: the open issues of one project or of all, newest first.
var jqlPattern = regexp.MustCompile(`^(?:project = "([A-Za-z0-9_]+)" AND )?statusCategory != Done ORDER BY created DESC(?:, key DESC)?$`)

// search returns the issues that match the JQL, or Jira's message about what is wrong with it.
func (s *Server) search(jql string) (found []*issue, problem string) {
	query := jqlPattern.FindStringSubmatch(jql)
	if query == nil {
		return nil, "Error in the JQL Query: the fake Jira does not understand it."
	}
	project := strings.ToUpper(query[1])
	if project != "" && !s.projects[project] {
		return nil, fmt.Sprintf("The value '%s' does not exist for the field 'project'.", query[1])
	}
	for _, i := range slices.Backward(s.issues) {
		if !i.isDone() && (project == "" || strings.HasPrefix(i.key, project+"-")) {
			found = append(found, i)
		}
	}
	return found, ""
}

func (s *Server) issuesJSON(issues []*issue, requested []string) []any {
	list := make([]any, len(issues))
	for n, i := range issues {
		list[n] = s.issueJSON(i, requested)
	}
	return list
}

// queryInt returns a number in the query, or otherwise when it is missing or negative.
func queryInt(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// page returns limit items from start on, and at most 100, as Jira does.
func page[T any](items []T, start, limit int) []T {
	items = items[min(start, len(items)):]
	return items[:min(limit, 100, len(items))]
}
