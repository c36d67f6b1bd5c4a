package jiratest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/routecard/routecard/jira"
)

// Comment is a comment of the fake.
type Comment struct {
	ID string
	// Text is the plain text: of a document the paragraphs, with an empty line between them.
	Text string
	// Body is what was sent: a JSON string, or a document.
	Body json.RawMessage
	// Updates is how often it was changed after it was added.
	Updates int
}

// Comments returns copies of an issue's comments, oldest first.
func (s *Server) Comments(key string) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return nil
	}
	comments := make([]Comment, len(i.comments))
	for n, c := range i.comments {
		comments[n] = *c
	}
	return comments
}

// AddComment adds a comment as somebody else would in a browser, and returns its id. The issue must be there. For Cloud every line
// becomes a paragraph.
func (s *Server) AddComment(key, text string) string {
	if s.deployment == jira.DataCenter {
		return s.AddRawComment(key, text)
	}
	content := []any{}
	for line := range strings.SplitSeq(text, "\n") {
		content = append(content, map[string]any{
			"type": "paragraph", "content": []any{map[string]any{"type": "text", "text": line}},
		})
	}
	return s.AddRawComment(key, map[string]any{"type": "doc", "version": 1, "content": content})
}

// AddRawComment is AddComment with the body as Jira holds it: a string, or a document.
func (s *Server) AddRawComment(key string, body any) string {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.append(s.find(key), encoded).ID
}

// DeleteComment deletes a comment.
func (s *Server) DeleteComment(key, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	i.comments = slices.DeleteFunc(i.comments, func(c *Comment) bool { return c.ID == id })
}

func (s *Server) append(i *issue, body json.RawMessage) *Comment {
	s.ids++
	c := &Comment{ID: strconv.Itoa(s.ids), Body: body, Text: plain(body)}
	i.comments = append(i.comments, c)
	return c
}

func (s *Server) listComments(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.requireIssue(w, r)
	if i == nil {
		return
	}
	start, limit := number(r, "startAt"), number(r, "maxResults")
	end := pageEnd(value(start, 0), limit, 100, len(i.comments))
	list := []any{}
	for _, c := range i.comments[min(value(start, 0), end):end] {
		list = append(list, s.commentJSON(i, c))
	}
	answer(w, http.StatusOK, map[string]any{
		"startAt": value(start, 0), "maxResults": value(limit, 100), "total": len(i.comments), "comments": list,
	})
}

func (s *Server) addComment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.requireIssue(w, r)
	if i == nil {
		return
	}
	if body := s.requireBody(w, r); body != nil {
		answer(w, http.StatusCreated, s.commentJSON(i, s.append(i, body)))
	}
}

func (s *Server) updateComment(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.requireIssue(w, r)
	if i == nil {
		return
	}
	at := slices.IndexFunc(i.comments, func(c *Comment) bool { return c.ID == r.PathValue("id") })
	if at < 0 {
		fail(w, http.StatusNotFound, fmt.Sprintf("Can not find a comment for the id: %s.", r.PathValue("id")))
		return
	}
	if body := s.requireBody(w, r); body != nil {
		c := i.comments[at]
		c.Body, c.Text, c.Updates = body, plain(body), c.Updates+1
		answer(w, http.StatusOK, s.commentJSON(i, c))
	}
}

// requireBody returns a comment's body, or answers 400 when it is not what the deployment takes: a document for Cloud, a text for
// Data Center.
func (s *Server) requireBody(w http.ResponseWriter, r *http.Request) json.RawMessage {
	var sent struct {
		Body json.RawMessage `json:"body"`
	}
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		fail(w, http.StatusBadRequest, "The request payload is not valid.")
		return nil
	}
	ok := isText(sent.Body)
	if s.deployment == jira.Cloud {
		ok = isDocument(sent.Body)
	}
	if !ok {
		answer(w, http.StatusBadRequest, map[string]any{
			"errorMessages": []string{}, "errors": map[string]string{"comment": "Comment body is not valid!"},
		})
		return nil
	}
	return sent.Body
}

func (s *Server) commentJSON(i *issue, c *Comment) map[string]any {
	author := map[string]any{"displayName": "Planner", "active": true}
	at := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC).Format(timeFormat)
	return map[string]any{
		"self": fmt.Sprintf("%s%s/issue/%d/comment/%s", s.URL, s.api(), i.id, c.ID),
		"id":   c.ID, "author": author, "updateAuthor": author, "body": c.Body, "created": at, "updated": at,
	}
}
