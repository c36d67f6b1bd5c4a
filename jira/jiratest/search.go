package jiratest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// jqlShape is all the JQL that the fake understands: open issues, of one project or of all, newest first.
var jqlShape = regexp.MustCompile(`^(?:project = "([A-Za-z0-9_]+)" AND )?statusCategory != Done ORDER BY created DESC(?:, key DESC)?$`)

// search returns the issues that a JQL query finds, or a sentence that says what is wrong with it. The caller holds the lock.
func (s *Server) search(jql string) (found []*issue, problem string) {
	query := jqlShape.FindStringSubmatch(jql)
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

// searchCloud pages with tokens that tell nothing, and refuses what it does not know, as Jira Cloud does.
func (s *Server) searchCloud(w http.ResponseWriter, r *http.Request) {
	if !s.isAuthorized(r) {
		fail(w, http.StatusUnauthorized, "You are not authenticated.")
		return
	}
	query := struct {
		JQL           string   `json:"jql"`
		Fields        []string `json:"fields"`
		MaxResults    *int     `json:"maxResults"`
		NextPageToken string   `json:"nextPageToken"`
	}{Fields: []string{"id"}}
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(r.Body)
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&query); err != nil {
		fail(w, http.StatusBadRequest, "The request payload is not valid.")
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	start, known := s.pages[query.NextPageToken]
	if query.NextPageToken != "" && !known {
		fail(w, http.StatusBadRequest, "The page token is not valid.")
		return
	}
	found, problem := s.search(query.JQL)
	if problem != "" {
		fail(w, http.StatusBadRequest, problem)
		return
	}
	end := pageEnd(start, query.MaxResults, 50, len(found))
	out := map[string]any{"issues": s.toList(found[min(start, end):end], query.Fields), "isLast": end == len(found)}
	if end < len(found) {
		// The token is the same for the same place, and means nothing to anybody else.
		token := fmt.Sprintf("Ch0jU3RyaW5n%x==", 7919*end)
		s.pages[token] = end
		out["nextPageToken"] = token
	}
	answer(w, http.StatusOK, out)
}

// searchDataCenter pages by number, and tells the total.
func (s *Server) searchDataCenter(w http.ResponseWriter, r *http.Request) {
	if !s.isAuthorized(r) {
		fail(w, http.StatusUnauthorized, "You are not authenticated.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, problem := s.search(r.URL.Query().Get("jql"))
	if problem != "" {
		fail(w, http.StatusBadRequest, problem)
		return
	}
	start, limit := number(r, "startAt"), number(r, "maxResults")
	end := pageEnd(value(start, 0), limit, 50, len(found))
	wanted := []string{"*all"}
	if fields := r.URL.Query().Get("fields"); fields != "" {
		wanted = strings.Split(fields, ",")
	}
	answer(w, http.StatusOK, map[string]any{
		"startAt": value(start, 0), "maxResults": value(limit, 50), "total": len(found),
		"issues": s.toList(found[min(value(start, 0), end):end], wanted),
	})
}

func (s *Server) toList(issues []*issue, wanted []string) []any {
	list := make([]any, 0, len(issues))
	for _, i := range issues {
		list = append(list, s.toJSON(i, wanted))
	}
	return list
}

// number reads a number from the query; nil when there is none.
func number(r *http.Request, name string) *int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

func value(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// pageEnd is where a page ends that begins at start: Jira gives 100 at most, whatever is asked.
func pageEnd(start int, limit *int, usual, total int) int {
	return min(max(start, 0)+min(value(limit, usual), 100), total)
}
