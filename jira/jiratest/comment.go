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

// Comment is a comment on an issue.
type Comment struct {
	ID string
	// Text is the plain text. The paragraphs of a document are separated by an empty line.
	Text string
	// Body is what was sent: a JSON string, or a document.
	Body json.RawMessage
	// Updates is how often the comment was changed.
	Updates int
}

// Comments returns an issue's comments, oldest first.
func (s *Server) Comments(key string) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(key); i != nil {
		return slices.Clone(i.comments)
	}
	return nil
}

// AddComment adds a comment as a person would in a browser, and returns its id. The issue must exist. On Cloud each line
// becomes a paragraph.
func (s *Server) AddComment(key, text string) string {
	if s.deployment == jira.DataCenter {
		return s.AddRawComment(key, text)
	}
	doc := node{Type: "doc", Version: 1}
	for line := range strings.SplitSeq(text, "\n") {
		doc.Content = append(doc.Content, node{Type: "paragraph", Content: []node{{Type: "text", Text: &line}}})
	}
	return s.AddRawComment(key, doc)
}

// AddRawComment is AddComment with the body in Jira's JSON: a string, or a document.
func (s *Server) AddRawComment(key string, body any) string {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appendComment(s.find(key), encoded).ID
}

// DeleteComment deletes a comment.
func (s *Server) DeleteComment(key, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	i.comments = slices.DeleteFunc(i.comments, func(c Comment) bool { return c.ID == id })
}

func (s *Server) appendComment(i *issue, body json.RawMessage) Comment {
	s.lastID++
	c := Comment{ID: strconv.Itoa(s.lastID), Body: body, Text: plainText(body)}
	i.comments = append(i.comments, c)
	return c
}

func (s *Server) listComments(i *issue, r *http.Request) (int, any) {
	start, limit := queryInt(r, "startAt", 0), queryInt(r, "maxResults", 100)
	list := []any{}
	for _, c := range page(i.comments, start, limit) {
		list = append(list, s.commentJSON(i, c))
	}
	return http.StatusOK, map[string]any{"startAt": start, "maxResults": limit, "total": len(i.comments), "comments": list}
}

func (s *Server) addComment(i *issue, r *http.Request) (int, any) {
	body, problem := s.commentBody(r)
	if problem != nil {
		return http.StatusBadRequest, problem
	}
	return http.StatusCreated, s.commentJSON(i, s.appendComment(i, body))
}

func (s *Server) updateComment(i *issue, r *http.Request) (int, any) {
	id := r.PathValue("id")
	at := slices.IndexFunc(i.comments, func(c Comment) bool { return c.ID == id })
	if at < 0 {
		return http.StatusNotFound, errorBody(fmt.Sprintf("Can not find a comment for the id: %s.", id))
	}
	body, problem := s.commentBody(r)
	if problem != nil {
		return http.StatusBadRequest, problem
	}
	c := &i.comments[at]
	c.Body, c.Text, c.Updates = body, plainText(body), c.Updates+1
	return http.StatusOK, s.commentJSON(i, *c)
}

// commentBody returns the comment in a request, or the body of a 400 when it is not what the deployment accepts: a document on
// Cloud, a text on Data Center.
func (s *Server) commentBody(r *http.Request) (body json.RawMessage, problem any) {
	var sent struct{ Body json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return nil, errorBody("The request payload is not valid.")
	}
	isValid := isText
	if s.deployment == jira.Cloud {
		isValid = isDocument
	}
	if !isValid(sent.Body) {
		return nil, map[string]any{"errorMessages": []string{}, "errors": map[string]string{"comment": "Comment body is not valid!"}}
	}
	return sent.Body, nil
}

func (s *Server) commentJSON(i *issue, c Comment) any {
	author := map[string]any{"displayName": "Planner", "active": true}
	at := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC).Format(timeFormat)
	return map[string]any{
		"self": fmt.Sprintf("%s%s/issue/%d/comment/%s", s.URL, s.api, i.id, c.ID),
		"id":   c.ID, "author": author, "updateAuthor": author, "body": c.Body, "created": at, "updated": at,
	}
}

// node is a node of the Atlassian Document Format.
type node struct {
	Type    string  `json:"type"`
	Version int     `json:"version,omitempty"`
	Text    *string `json:"text,omitempty"`
	Content []node  `json:"content,omitempty"`
}

// isText reports whether a comment's body is a text that is not empty.
func isText(body json.RawMessage) bool {
	var text string
	return json.Unmarshal(body, &text) == nil && strings.TrimSpace(text) != ""
}

// isDocument reports whether a comment's body is a document of version 1 with paragraphs of line breaks and texts that are not
// empty. Jira Cloud accepts more than that.
func isDocument(body json.RawMessage) bool {
	var doc node
	if json.Unmarshal(body, &doc) != nil || doc.Type != "doc" || doc.Version != 1 || len(doc.Content) == 0 {
		return false
	}
	for _, block := range doc.Content {
		if block.Type != "paragraph" {
			return false
		}
		for _, inline := range block.Content {
			text := inline.Type == "text" && inline.Text != nil && *inline.Text != ""
			if !text && inline.Type != "hardBreak" {
				return false
			}
		}
	}
	return true
}

// plainText returns the text of a comment's body.
func plainText(body json.RawMessage) string {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return text
	}
	var doc node
	_ = json.Unmarshal(body, &doc)
	paragraphs := make([]string, len(doc.Content))
	for i, block := range doc.Content {
		paragraphs[i] = block.plainText()
	}
	return strings.Join(paragraphs, "\n\n")
}

func (n node) plainText() string {
	if n.Type == "hardBreak" {
		return "\n"
	}
	var text strings.Builder
	if n.Text != nil {
		text.WriteString(*n.Text)
	}
	for _, child := range n.Content {
		text.WriteString(child.plainText())
	}
	return text.String()
}
