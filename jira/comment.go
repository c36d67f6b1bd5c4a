package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// commentPageSize is how many comments are read at once. A comment has up to 32,767 characters, so a larger page could exceed
// maxBody.
const commentPageSize = 50

// commentIDPattern matches the id of a comment. An id is checked before it becomes part of a path.
var commentIDPattern = regexp.MustCompile(`^[0-9]{1,20}$`)

// PutComment writes text into our one comment on the ticket, and returns the id of the comment.
//
// marker is a short line that identifies the comment, "Routecard job job_01h4…". It is added as the last line unless text has
// it. commentID is the id that PutComment returned last time, or empty. When it is empty, or the comment was deleted,
// PutComment updates the oldest comment that has the marker as a line of its own, outside of quotes. It adds a comment only
// when there is none. So a call can be repeated when its response was lost, without a second comment. Two concurrent calls with
// the same marker may both add a comment; the caller must run them one after the other.
//
// text is plain text; an empty line separates paragraphs. PutComment returns ErrTicketNotFound, ErrUnavailable (the comment may
// have been written), or ErrRefused.
func (c *Client) PutComment(ctx context.Context, key, marker, text, commentID string) (id string, err error) {
	if !issueKeyPattern.MatchString(key) {
		return "", errNotAKey
	}
	if marker == "" || strings.TrimSpace(marker) != marker || strings.ContainsAny(marker, "\r\n\x00") {
		return "", errors.New("jira: the marker of a comment must be one line of text")
	}
	return run(ctx, c, func(ctx context.Context, k *call) (string, error) {
		comments := ticketComments{
			call:   k,
			path:   k.issuePath(key) + "/comment",
			marker: marker,
			body:   commentBody(k.deployment, text, marker),
		}
		if commentIDPattern.MatchString(commentID) {
			id, err := comments.update(ctx, commentID)
			if !errors.Is(err, ErrTicketNotFound) {
				return id, err
			}
		}
		return comments.put(ctx)
	})
}

// commentBody returns the request body for a comment with the text and the marker.
func commentBody(deployment, text, marker string) map[string]any {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	lines := strings.Split(strings.TrimRight(text, " \t\n"), "\n")
	if !hasLine(lines, marker) {
		lines = append(lines, "", marker)
	}
	if deployment == Cloud {
		return map[string]any{"body": toDocument(lines)}
	}
	return map[string]any{"body": strings.TrimLeft(strings.Join(lines, "\n"), "\n")}
}

func hasLine(lines []string, marker string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.TrimSpace(line) == marker })
}

// ticketComments are the comments of one ticket, in a call that writes one of them.
type ticketComments struct {
	*call

	path   string // of the list, "/rest/api/3/issue/PI-42/comment"
	marker string
	body   map[string]any
}

// comment is a comment in Jira's JSON. Its body is a string or a document.
type comment struct {
	ID   string          `json:"id"`
	Body json.RawMessage `json:"body"`
}

// put updates the comment that has the marker, or adds one.
func (c ticketComments) put(ctx context.Context) (string, error) {
	for deleted := false; ; {
		found, err := c.find(ctx)
		if err != nil {
			return "", err
		}
		if found == "" {
			id, err := c.add(ctx)
			// Search before adding again, because Jira may have added the comment before it asked for a retry.
			if err != nil && c.waitToRetry(ctx, err) {
				continue
			}
			return id, err
		}
		id, err := c.update(ctx, found)
		switch {
		case !errors.Is(err, ErrTicketNotFound):
			return id, err
		case deleted:
			// Adding a comment would not help: the next call would find the same comment again.
			return "", fmt.Errorf("%w: PUT %s/%s returned 404 for a comment that is listed", ErrRefused, c.path, found)
		}
		deleted = true // between the two requests; search again
	}
}

// find returns the id of the oldest comment that has the marker, or "".
func (c ticketComments) find(ctx context.Context) (string, error) {
	for start := 0; ; {
		r := request{
			method: http.MethodGet,
			path:   c.path,
			query: url.Values{
				"startAt":    {strconv.Itoa(start)},
				"maxResults": {strconv.Itoa(commentPageSize)},
				"orderBy":    {"created"},
			},
			ticket: true,
		}
		var page struct {
			Comments *[]comment `json:"comments"`
			Total    int        `json:"total"`
		}
		if err := c.send(ctx, r, &page); err != nil {
			return "", err
		}
		if page.Comments == nil {
			return "", fmt.Errorf("%w: %s returned no comments", ErrUnavailable, r)
		}
		for _, one := range *page.Comments {
			if commentIDPattern.MatchString(one.ID) && hasLine(commentLines(one.Body), c.marker) {
				return one.ID, nil
			}
		}
		start += len(*page.Comments)
		if len(*page.Comments) == 0 || start >= page.Total {
			return "", nil
		}
	}
}

// add adds a comment. It doesn't retry.
func (c ticketComments) add(ctx context.Context) (string, error) {
	r := request{method: http.MethodPost, path: c.path, body: c.body, ticket: true}
	var added comment
	err := c.sendOnce(ctx, r, &added)
	return c.writtenID(r, added, err)
}

// update replaces the text of a comment. It returns ErrTicketNotFound when the comment or the ticket does not exist.
func (c ticketComments) update(ctx context.Context, id string) (string, error) {
	r := request{method: http.MethodPut, path: c.path + "/" + id, body: c.body, ticket: true}
	updated := comment{ID: id} // an empty response is fine
	err := c.send(ctx, r, &updated)
	return c.writtenID(r, updated, err)
}

// writtenID returns the id of a comment that was added or updated, or the error.
func (ticketComments) writtenID(r request, written comment, err error) (string, error) {
	if err == nil && !commentIDPattern.MatchString(written.ID) {
		err = fmt.Errorf("%w: %s returned no comment id", ErrUnavailable, r)
	}
	if err != nil {
		return "", err
	}
	return written.ID, nil
}

// commentLines returns the lines of a comment without quotes, so that a colleague's comment that quotes ours is not taken for
// ours.
func commentLines(body json.RawMessage) []string {
	var text string
	if json.Unmarshal(body, &text) != nil {
		return documentLines(body)
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var own []string
	quoted := false
	for i, line := range lines {
		if strings.Count(line, "{quote}")%2 == 1 {
			quoted = !quoted
		} else if !quoted || i == len(lines)-1 {
			// The last line is never inside a quote, because no {quote} follows it.
			own = append(own, line)
		}
	}
	return own
}
