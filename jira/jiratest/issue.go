package jiratest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/routecard/routecard/jira"
)

// timeFormat is how Jira writes times.
const timeFormat = "2006-01-02T15:04:05.000-0700"

// Fields are the fields of an issue by id, as Jira writes them in JSON: "summary", "labels", "customfield_10900" and so on.
type Fields map[string]any

// Named is the value of fields such as priority: {"name": name}.
func Named(name string) any { return map[string]any{"name": name} }

// Parent is the value of the field parent: the issue with the key, of the issue type. "Epic" stands on level 1, all others on
// level 0.
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

// InStatus is the value of the field status, in one of Jira's categories: "new", "indeterminate" or "done".
func InStatus(name, category string) any {
	return map[string]any{"name": name, "statusCategory": map[string]any{"key": category}}
}

// issue is an issue of the fake, with its comments, oldest first.
type issue struct {
	id       int
	key      string
	fields   Fields
	comments []*Comment
}

// AddIssue adds an issue, newer than those before it, or changes the one with the key: fields given replace those it has. A new
// issue is open and has the priority Medium and no labels, unless fields say otherwise. Its project comes into being with it.
func (s *Server) AddIssue(key string, fields Fields) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		s.ids++
		project, _, _ := strings.Cut(key, "-")
		s.projects[project] = true
		i = &issue{id: s.ids, key: key, fields: Fields{
			"summary": key, "status": InStatus("To Do", "new"), "priority": Named("Medium"), "labels": []string{},
			"created": time.Date(2024, 1, 15, 10, 0, s.ids, 0, time.UTC).Format(timeFormat),
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

// find returns an issue, in whatever case the key is written, or nil. The caller holds the lock.
func (s *Server) find(key string) *issue {
	for _, i := range s.issues {
		if strings.EqualFold(i.key, key) {
			return i
		}
	}
	return nil
}

// requireIssue returns the issue of the request's path, or answers 404. The caller holds the lock.
func (s *Server) requireIssue(w http.ResponseWriter, r *http.Request) *issue {
	i := s.find(r.PathValue("key"))
	if i == nil {
		fail(w, http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
	}
	return i
}

func (s *Server) getIssue(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.requireIssue(w, r); i != nil {
		var wanted []string
		for _, list := range r.URL.Query()["fields"] {
			wanted = append(wanted, strings.Split(list, ",")...)
		}
		if wanted == nil {
			wanted = []string{"*all"}
		}
		answer(w, http.StatusOK, s.toJSON(i, wanted))
	}
}

// toJSON writes an issue with the fields wanted.
func (s *Server) toJSON(i *issue, wanted []string) map[string]any {
	out := map[string]any{
		"expand": "renderedFields,names,schema", "id": strconv.Itoa(i.id), "key": i.key,
		"self": fmt.Sprintf("%s%s/issue/%d", s.URL, s.api(), i.id),
	}
	fields := Fields{}
	for id, value := range i.fields {
		if slices.Contains(wanted, id) || slices.Contains(wanted, "*all") {
			fields[id] = value
		}
	}
	out["fields"] = fields
	return out
}

func (s *Server) api() string {
	if s.deployment == jira.Cloud {
		return "/rest/api/3"
	}
	return "/rest/api/2"
}

// isDone reports whether the issue's status is in the category Done.
func (i *issue) isDone() bool {
	encoded, err := json.Marshal(i.fields["status"])
	if err != nil {
		return false
	}
	var status struct {
		Category struct {
			Key string `json:"key"`
		} `json:"statusCategory"`
	}
	return json.Unmarshal(encoded, &status) == nil && status.Category.Key == "done"
}
