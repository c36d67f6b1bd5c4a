package jira

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// commentPageSize is how many comments are read at once. A comment has up to 32,767 characters, so more of them could go over
// maxAnswer.
const commentPageSize = 50

// commentIDShape is an id of a comment. Checked before an id becomes part of a path.
var commentIDShape = regexp.MustCompile(`^[0-9]{1,20}$`)

// PutComment makes text the text of our one comment on the ticket and returns the comment's id, which the caller keeps for the
// next time.
//
// marker is a short line by which the comment is known again, "Routecard job job_01h4…"; it is added as the last line unless text
// has it. commentID is the id returned last time, or empty. When it is empty, or no such comment exists any more, the oldest comment
// that has the marker as a line of its own, outside of quotes, is updated; only when there is none is one added. So a call whose
// answer was lost can be repeated without a second comment appearing. Two calls at the same time for the same marker can both find
// none: the caller keeps them apart.
//
// text is plain; an empty line separates paragraphs. ErrTicketNotFound, ErrNoAnswer (the comment may have been written) or
// ErrRefused.
func (c *Client) PutComment(ctx context.Context, key, marker, text, commentID string) (id string, err error) {
	if !keyShape.MatchString(key) {
		return "", notFound("no ticket can have this key")
	}
	if marker == "" || strings.TrimSpace(marker) != marker || strings.ContainsAny(marker, "\r\n\x00") {
		return "", errors.New("jira: the marker of a comment must be one line of text")
	}
	k, ctx, cancel := c.begin(ctx)
	defer cancel()
	deployment, err := k.deploymentOf(ctx)
	if err != nil {
		return "", err
	}
	comments := commentsOf{
		call:   k,
		path:   issuePath(deployment, key) + "/comment",
		marker: marker,
		body:   commentBody(deployment, text, marker),
	}
	if commentIDShape.MatchString(commentID) {
		id, err := comments.update(ctx, commentID)
		if !errors.Is(err, ErrTicketNotFound) {
			return id, err
		}
	}
	return comments.findAndWrite(ctx)
}

// commentBody returns the comment's text with the marker in it, as the deployment wants it.
func commentBody(deployment, text, marker string) map[string]any {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	lines := strings.Split(strings.TrimRight(text, " \t\n"), "\n")
	if !hasLine(lines, marker) {
		lines = append(lines, "", marker)
	}
	if deployment == Cloud {
		return map[string]any{"body": asDocument(lines)}
	}
	return map[string]any{"body": strings.TrimLeft(strings.Join(lines, "\n"), "\n")}
}

func hasLine(lines []string, marker string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.TrimSpace(line) == marker })
}

// commentsOf is the comments of one ticket, in a call that writes one of them.
type commentsOf struct {
	*call
	path   string // of the comments, "/rest/api/3/issue/PI-42/comment"
	marker string
	body   map[string]any
}

// comment is a comment as Jira writes it; its body is a text or a document.
type comment struct {
	ID   string          `json:"id"`
	Body json.RawMessage `json:"body"`
}

// findAndWrite updates the comment with the marker, or adds one.
func (c commentsOf) findAndWrite(ctx context.Context) (string, error) {
	for gone := false; ; {
		found, err := c.find(ctx)
		if err != nil {
			return "", err
		}
		if found == "" {
			id, err := c.add(ctx)
			// Look again before each new try: the one that Jira put off may have been carried out.
			if err != nil && c.pause(ctx, err) {
				continue
			}
			return id, err
		}
		id, err := c.update(ctx, found)
		switch {
		case !errors.Is(err, ErrTicketNotFound):
			return id, err
		case gone:
			// Jira lists a comment and says that it is not there. Adding another would not be the last.
			return "", refused("PUT " + c.path + "/" + found + " answered 404 for a comment that is listed")
		}
		gone = true // somebody deleted it between our two requests
	}
}

// find returns the id of the oldest comment with the marker, or "".
func (c commentsOf) find(ctx context.Context) (string, error) {
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
		if err := c.ask(ctx, r, &page); err != nil {
			return "", err
		}
		if page.Comments == nil {
			return "", noAnswer(r.String() + " answered without comments")
		}
		for _, one := range *page.Comments {
			if commentIDShape.MatchString(one.ID) && hasLine(commentLines(one.Body), c.marker) {
				return one.ID, nil
			}
		}
		start += len(*page.Comments)
		if len(*page.Comments) == 0 || start >= page.Total {
			return "", nil
		}
	}
}

// commentLines returns the lines of a comment that are its author's own: somebody who quotes our comment must not have theirs
// overwritten.
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
			// A quote would have to end after the last line, so that one never is in one: a name above it has the {quote}.
			own = append(own, line)
		}
	}
	return own
}

// add adds a comment, without retries.
func (c commentsOf) add(ctx context.Context) (string, error) {
	return c.write(ctx, c.exchange, request{method: http.MethodPost, path: c.path, body: c.body, ticket: true}, "")
}

// update replaces a comment's text. ErrTicketNotFound: the comment is gone, or the ticket is.
func (c commentsOf) update(ctx context.Context, id string) (string, error) {
	return c.write(ctx, c.ask, request{method: http.MethodPut, path: c.path + "/" + id, body: c.body, ticket: true}, id)
}

// write sends the comment and returns the id that Jira answers; id is the one that is known already.
func (c commentsOf) write(
	ctx context.Context, send func(context.Context, request, any) error, r request, id string,
) (string, error) {
	written := comment{ID: id}
	if err := send(ctx, r, &written); err != nil {
		return "", err
	}
	if !commentIDShape.MatchString(written.ID) {
		return "", noAnswer(r.String() + " answered without the comment's id")
	}
	return written.ID, nil
}
