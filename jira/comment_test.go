package jira_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

// marker is the line that identifies our comment.
const marker = "Routecard job job_01h455vb4pex5vsknk084sn02q"

func put(t *testing.T, b bundle, text, id string) string {
	t.Helper()
	got, err := b.client.PutComment(t.Context(), "PI-42", marker, text, id)
	if err != nil {
		t.Fatalf("PutComment: %v", err)
	}
	return got
}

// wantOurs checks that exactly one comment has the marker, which one it is, and its text without the marker.
func wantOurs(t *testing.T, b bundle, id, text string) {
	t.Helper()
	var ours []jiratest.Comment
	for _, c := range b.fake.Comments("PI-42") {
		if strings.HasSuffix(c.Text, marker) {
			ours = append(ours, c)
		}
	}
	if len(ours) != 1 || ours[0].ID != id || ours[0].Text != text+"\n\n"+marker {
		t.Errorf("our comments = %+v, want one, %s: %q", ours, id, text)
	}
}

func TestPutCommentTwiceIsOneComment(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		b.fake.AddComment("PI-42", "When will it be done?")
		id := put(t, b, "10 of 50 done.\n\nCNC Machining: 5\nAnodizing: 35", "")
		wantOurs(t, b, id, "10 of 50 done.\n\nCNC Machining: 5\nAnodizing: 35")

		if again := put(t, b, "20 of 50 done.", id); again != id {
			t.Errorf("the second push wrote comment %s, the first %s", again, id)
		}
		wantOurs(t, b, id, "20 of 50 done.")
		if comments := b.fake.Comments("PI-42"); len(comments) != 2 || comments[0].Updates != 0 || comments[1].Updates != 1 {
			t.Errorf("comments = %+v", comments)
		}
		if n := b.fake.Count("POST", "/comment"); n != 1 {
			t.Errorf("%d comments were added", n)
		}
	})
}

func TestPutCommentFindsItsComment(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]string{"id forgotten": "", "id of nothing": "77", "id that is none": "../../myself"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment)
				id := put(t, b, "10 of 50 done.", "")
				if again := put(t, b, "20 of 50 done.", lost); again != id {
					t.Errorf("wrote comment %s, want %s", again, id)
				}
				wantOurs(t, b, id, "20 of 50 done.")
			})
		})
	}
}

func TestPutCommentFindsItsCommentOnALaterPage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		for n := range 120 {
			b.fake.AddComment("PI-42", fmt.Sprintf("Comment %d", n))
		}
		id := b.fake.AddComment("PI-42", "10 of 50 done.\n"+marker)
		b.fake.AddComment("PI-42", "Thanks!")
		if got := put(t, b, "20 of 50 done.", ""); got != id {
			t.Errorf("wrote comment %s, want %s", got, id)
		}
		wantOurs(t, b, id, "20 of 50 done.")
		if n := b.fake.Count("GET", "/comment"); n != 3 {
			t.Errorf("%d pages were read, want 3", n)
		}
	})
}

func TestPutCommentAfterSomebodyDeletedIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		id := put(t, b, "10 of 50 done.", "")
		b.fake.DeleteComment("PI-42", id)
		again := put(t, b, "20 of 50 done.", id)
		if again == id {
			t.Errorf("the id of the new comment is that of the old one")
		}
		wantOurs(t, b, again, "20 of 50 done.")
	})
}

// TestPutCommentLeavesOthersAlone has comments that contain the marker without being ours.
func TestPutCommentLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	paragraph := func(text string) any {
		return map[string]any{"type": "paragraph", "content": []any{map[string]any{"type": "text", "text": text}}}
	}
	document := func(content ...any) any { return map[string]any{"type": "doc", "version": 1, "content": content} }
	bodies := map[string][]any{
		jira.DataCenter: {
			"{quote}\n10 of 50 done.\n" + marker + "\n{quote}\nSo late?", "bq. " + marker, "See " + marker + ", please", marker + "x", "",
		},
		jira.Cloud: {
			document(map[string]any{"type": "blockquote", "content": []any{paragraph(marker)}}, paragraph("So late?")),
			document(paragraph("See " + marker + ", please")), document(paragraph(marker + "x")), document(), "a text", nil, 7,
		},
	}
	onBoth(t, func(t *testing.T, deployment string) {
		for _, body := range bodies[deployment] {
			b := setup(t, deployment)
			other := b.fake.AddRawComment("PI-42", body)
			if id := put(t, b, "10 of 50 done.", ""); id == other {
				t.Errorf("overwrote %v", body)
			}
			if n := len(b.fake.Comments("PI-42")); n != 2 {
				t.Errorf("%d comments, want 2", n)
			}
		}
	})
}

func TestPutCommentOfTwoTakesTheOldest(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		first := b.fake.AddComment("PI-42", marker)
		b.fake.AddComment("PI-42", marker)
		if got := put(t, b, "10 of 50 done.", ""); got != first {
			t.Errorf("wrote comment %s, want %s", got, first)
		}
	})
}

func TestPutCommentBody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, plain, document string }{
		"lines and paragraphs": {
			"a\nb\n\nc", "a\nb\n\nc\n\nM",
			`[["a","\n","b"],["c"],["M"]]`,
		},
		"marker in the text":      {"a\n M \nb", "a\n M \nb", `[["a","\n"," M ","\n","b"]]`},
		"empty":                   {"", "M", `[["M"]]`},
		"Windows lines, trailing": {"a\r\nb\r\n\r\n", "a\nb\n\nM", `[["a","\n","b"],["M"]]`},
		"white space, NUL":        {"a\n  \nb\x00c", "a\n  \nbc\n\nM", `[["a"],["bc"],["M"]]`},
		"markup":                  {`<b> & "q" é`, "<b> & \"q\" é\n\nM", `[["<b> \u0026 \"q\" é"],["M"]]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment)
				if _, err := b.client.PutComment(t.Context(), "PI-42", "M", tc.text, ""); err != nil {
					t.Fatalf("PutComment: %v", err)
				}
				body := b.fake.Comments("PI-42")[0].Body
				if deployment == jira.DataCenter {
					var text string
					if err := json.Unmarshal(body, &text); err != nil || text != tc.plain {
						t.Errorf("body = %q, %v, want %q", text, err, tc.plain)
					}
					return
				}
				var want [][]string
				if err := json.Unmarshal([]byte(tc.document), &want); err != nil {
					t.Fatal(err)
				}
				if got := paragraphs(t, body); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
					t.Errorf("body = %q, want %q", got, want)
				}
			})
		})
	}
}

// paragraphs lists a document's paragraphs, each as its texts, with "\n" for a line break.
func paragraphs(t *testing.T, body json.RawMessage) [][]string {
	t.Helper()
	var doc struct {
		Content []struct{ Content []struct{ Type, Text string } }
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	list := make([][]string, len(doc.Content))
	for i, paragraph := range doc.Content {
		for _, inline := range paragraph.Content {
			if inline.Type == "hardBreak" {
				inline.Text = "\n"
			}
			list[i] = append(list[i], inline.Text)
		}
	}
	return list
}

func TestPutCommentTicketUnknown(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "10001"} {
		onBoth(t, func(t *testing.T, deployment string) {
			b := setup(t, deployment)
			_, err := b.client.PutComment(t.Context(), "PI-43", marker, "text", id)
			wantKind(t, err, jira.ErrTicketNotFound)
			if n := b.fake.Count("POST", ""); n != 0 {
				t.Errorf("%d comments were added", n)
			}
		})
	}
}

func TestPutCommentNeedsAMarker(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	for _, bad := range []string{"", " ", "a\nb", " a", "a\x00"} {
		if _, err := b.client.PutComment(t.Context(), "PI-42", bad, "text", ""); err == nil {
			t.Errorf("marker %q was taken", bad)
		} else {
			wantKind(t, err, nil)
		}
	}
}

// TestPutCommentWhenTheResponseIsLost pushes again after a push that reached Jira, but whose answer did not reach us.
func TestPutCommentWhenTheResponseIsLost(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]jiratest.Fault{
		"cut off": jiratest.CutOff, "500": jiratest.Done(jiratest.Status(500)), "closed": jiratest.Done(jiratest.Hangup),
		"no id": jiratest.Done(jiratest.Body(201, "application/json", "{}")), "HTML": jiratest.Done(jiratest.HTML(200)),
		"an id that is none": jiratest.Done(jiratest.Body(201, "application/json", `{"id":"../1"}`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, deployment string) {
				b := setup(t, deployment)
				b.fake.Next(jiratest.Pass, fault) // the search for our comment, then the new comment
				_, err := b.client.PutComment(t.Context(), "PI-42", marker, "10 of 50 done.", "")
				wantKind(t, err, jira.ErrUnavailable)
				id := put(t, b, "20 of 50 done.", "")
				wantOurs(t, b, id, "20 of 50 done.")
			})
		})
	}
}

// TestPutCommentPutOff has Jira ask for a retry after it has carried out the request.
func TestPutCommentPutOff(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		b.fake.Next(jiratest.Pass, jiratest.Done(jiratest.RetryAfter(503, "0")))
		id := put(t, b, "10 of 50 done.", "")
		wantOurs(t, b, id, "10 of 50 done.")
	})
}

func TestPutCommentDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		old := put(t, b, "10 of 50 done.", "")
		b.fake.Next(jiratest.Pass, jiratest.Done(func(w http.ResponseWriter, r *http.Request, fake *jiratest.Server) {
			fake.DeleteComment("PI-42", old)
			jiratest.Status(404, "Can not find a comment.")(w, r, fake)
		}))
		id := put(t, b, "20 of 50 done.", "")
		wantOurs(t, b, id, "20 of 50 done.")
	})
}

func TestPutCommentThatIsListedButNotThere(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		id := put(t, b, "10 of 50 done.", "")
		b.fake.Always("PUT", "/comment/", jiratest.Status(404, "Can not find a comment."))
		_, err := b.client.PutComment(t.Context(), "PI-42", marker, "20 of 50 done.", id)
		wantKind(t, err, jira.ErrRefused)
		wantOurs(t, b, id, "10 of 50 done.")
	})
}

// TestPutCommentOfSomebodyElse has a comment with our marker that our user may not edit.
func TestPutCommentOfSomebodyElse(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		id := put(t, b, "10 of 50 done.", "")
		b.fake.Always("PUT", "", jiratest.Status(403, "You do not have the permission to edit this comment."))
		_, err := b.client.PutComment(t.Context(), "PI-42", marker, "20 of 50 done.", id)
		wantKind(t, err, jira.ErrRefused)
		wantOurs(t, b, id, "10 of 50 done.")
	})
}
