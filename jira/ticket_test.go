package jira_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/jira/jiratest"
)

func TestTicket(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		got, err := b.client.Ticket(t.Context(), "PI-42")
		if err != nil {
			t.Fatalf("Ticket: %v", err)
		}
		want := jira.Ticket{
			Key: "PI-42", Summary: "Build 50 aluminum housings", Status: "In Progress", Priority: "High", EpicLink: "PI-10",
			Labels: []string{"Q1-2024", "rush"}, PartNumber: "ALU-HOUSING-7075", Quantity: 50, URL: b.fake.URL + "/browse/PI-42",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Ticket = %+v\nwant %+v", got, want)
		}
		requests := b.fake.Requests()
		if len(requests) != 1 || !requests[0].Authorized {
			t.Errorf("requests = %+v, want one, with credentials", requests)
		}
	})
}

func TestTicketInAnyCaseHasJirasKey(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	got, err := b.client.Ticket(t.Context(), "pi-42")
	if err != nil || got.Key != "PI-42" {
		t.Errorf("Ticket = %q, %v", got.Key, err)
	}
}

func TestTicketBehindAContextPath(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.DataCenter, func(cfg *jira.Config) { cfg.URL += "/jira/" })
	got, err := b.client.Ticket(t.Context(), "PI-42")
	if err != nil || got.URL != b.fake.URL+"/jira/browse/PI-42" {
		t.Errorf("Ticket = %q, %v", got.URL, err)
	}
	if path := b.fake.Requests()[0].Path; path != "/jira/rest/api/2/issue/PI-42" {
		t.Errorf("path = %q", path)
	}
}

func TestTicketUnknown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		_, err := b.client.Ticket(t.Context(), "PI-43")
		wantKind(t, err, jira.ErrTicketNotFound)
		if !strings.Contains(err.Error(), "Issue does not exist") {
			t.Errorf("the cause is missing: %v", err)
		}
	})
}

func TestInvalidTicketKey(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud)
	for _, key := range []string{
		"", "PI", "PI-", "-42", "42", "PI-0", "PI-042", "PI-4.2", "PI 42", " PI-42", "PI-42\n", "PI-42/comment", "../PI-42", "PI-42?a=b",
		"PI-42%2F", "4PI-42", "PÍ-42", "PI-٤٢", "PI-1234567890123456789", strings.Repeat("A", 300) + "-1",
	} {
		_, err := b.client.Ticket(t.Context(), key)
		wantKind(t, err, jira.ErrTicketNotFound)
		_, err = b.client.PutComment(t.Context(), key, marker, "text", "")
		wantKind(t, err, jira.ErrTicketNotFound)
	}
	if n := len(b.fake.Requests()); n != 0 {
		t.Errorf("Jira was asked %d times", n)
	}
}

// TestTicketFields reads fields of every kind that a custom field can have.
func TestTicketFields(t *testing.T) {
	t.Parallel()
	const (
		part, quantity, epic = "customfield_10908", "customfield_10900", "customfield_10014"
	)
	raw := func(s string) any { return json.RawMessage(s) }
	summary := func(s string) jiratest.Fields { return jiratest.Fields{"summary": s} }
	partNumber := func(tk jira.Ticket) any { return tk.PartNumber }
	epicLink := func(tk jira.Ticket) any { return tk.EpicLink }
	quantityOf := func(tk jira.Ticket) any { return tk.Quantity }

	type fieldCase struct {
		name   string
		fields jiratest.Fields
		get    func(jira.Ticket) any
		want   any
	}
	cases := []fieldCase{
		{"part: missing", nil, partNumber, ""},
		{"part: null", jiratest.Fields{part: nil}, partNumber, ""},
		{"part: text", jiratest.Fields{part: " ALU-1 "}, partNumber, "ALU-1"},
		{"part: NUL", jiratest.Fields{part: "A\x00B"}, partNumber, "AB"},
		{"part: number", jiratest.Fields{part: raw("7075")}, partNumber, "7075"},
		{"part: number with fraction", jiratest.Fields{part: raw("7075.0")}, partNumber, "7075"},
		{"part: true", jiratest.Fields{part: true}, partNumber, ""},
		{"part: option", jiratest.Fields{part: raw(`{"id":"1","value":"ALU-1"}`)}, partNumber, "ALU-1"},
		{"part: name", jiratest.Fields{part: jiratest.Named("ALU-1")}, partNumber, "ALU-1"},
		{"part: object of another kind", jiratest.Fields{part: raw(`{"id":"1"}`)}, partNumber, ""},
		{"part: array", jiratest.Fields{part: raw(`[null,{"value":"ALU-1"},"ALU-2"]`)}, partNumber, "ALU-1"},
		{"part: empty array", jiratest.Fields{part: raw(`[]`)}, partNumber, ""},
		{"part: too deep", jiratest.Fields{part: raw(`[[[[[["ALU-1"]]]]]]`)}, partNumber, ""},
		{
			"part: rich text",
			jiratest.Fields{part: raw(`{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"ALU-1"}]}]}`)},
			partNumber, "ALU-1",
		},
		{"part: from the summary", summary("Housing 123456-789, black"), partNumber, "123456-789"},
		{"part: field before summary", jiratest.Fields{"summary": "123456-789", part: "ALU-1"}, partNumber, "ALU-1"},
		{"part: empty field, then summary", jiratest.Fields{"summary": "123456-789", part: ""}, partNumber, "123456-789"},
		{"part: 7 digits and the suffix", summary("1234567-001-02"), partNumber, "1234567-001-02"},
		{"part: suffix of 3 digits is none", summary("123456-001-023"), partNumber, "123456-001"},
		{"part: letters next to it", summary("PN1234567-001rev2"), partNumber, "1234567-001"},
		{"part: 8 digits", summary("12345678-001"), partNumber, ""},
		{"part: 5 digits", summary("12345-001"), partNumber, ""},
		{"part: 4 digits behind", summary("123456-0012"), partNumber, ""},
		{"part: the first of two", summary("99999999-001 123456-001 654321-002"), partNumber, "123456-001"},

		{"quantity: missing", nil, quantityOf, int64(0)},
		{"quantity: the largest", jiratest.Fields{quantity: raw("9007199254740991")}, quantityOf, int64(9007199254740991)},
		{"quantity: multi-option", jiratest.Fields{quantity: raw(`[{"value":"50"}]`)}, quantityOf, int64(50)},
		{"quantity: option", jiratest.Fields{quantity: raw(`{"value":"50"}`)}, quantityOf, int64(50)},
		{"quantity: name", jiratest.Fields{quantity: jiratest.Named("50")}, quantityOf, int64(50)},
		{"quantity: number in an option", jiratest.Fields{quantity: raw(`{"value":50}`)}, quantityOf, int64(50)},

		{"epic: missing", nil, epicLink, ""},
		{"epic: null", jiratest.Fields{epic: nil}, epicLink, ""},
		{"epic: object", jiratest.Fields{epic: raw(`{"id":"7","key":"PI-10"}`)}, epicLink, "PI-10"},
		{"epic: no key", jiratest.Fields{epic: "Housings"}, epicLink, ""},
		{"epic: parent", jiratest.Fields{"parent": jiratest.Parent("PI-10", "Epic")}, epicLink, "PI-10"},
		{"epic: field before parent", jiratest.Fields{epic: "PI-9", "parent": jiratest.Parent("PI-10", "Epic")}, epicLink, "PI-9"},
		{"epic: no key, then parent", jiratest.Fields{epic: 7, "parent": jiratest.Parent("PI-10", "Epic")}, epicLink, "PI-10"},
		{"epic: parent is a story", jiratest.Fields{"parent": jiratest.Parent("PI-10", "Story")}, epicLink, ""},
		{"epic: by level", jiratest.Fields{"parent": raw(`{"key":"PI-10","fields":{"issuetype":{"name":"Epos","hierarchyLevel":1}}}`)}, epicLink, "PI-10"},
		{"epic: by name", jiratest.Fields{"parent": raw(`{"key":"PI-10","fields":{"issuetype":{"name":"epic"}}}`)}, epicLink, "PI-10"},
		{"epic: odd parent", jiratest.Fields{"parent": raw(`["PI-10"]`)}, epicLink, ""},

		{"labels: empty", jiratest.Fields{"labels": []string{}}, func(tk jira.Ticket) any { return tk.Labels }, []string{}},
		{"labels: null", jiratest.Fields{"labels": nil}, func(tk jira.Ticket) any { return tk.Labels }, []string(nil)},
		{"labels: odd", jiratest.Fields{"labels": raw(`["a",null,7,{"name":"b"},""]`)}, func(tk jira.Ticket) any { return tk.Labels }, []string{"a", "7", "b"}},
		{"priority: null", jiratest.Fields{"priority": nil}, func(tk jira.Ticket) any { return tk.Priority }, ""},
		{"priority: text", jiratest.Fields{"priority": "High"}, func(tk jira.Ticket) any { return tk.Priority }, "High"},
		{"summary: white space", summary("  "), func(tk jira.Ticket) any { return tk.Summary }, ""},
		{"summary: null", jiratest.Fields{"summary": nil}, func(tk jira.Ticket) any { return tk.Summary }, ""},
		{"status: null", jiratest.Fields{"status": nil}, func(tk jira.Ticket) any { return tk.Status }, ""},
	}
	for text, want := range map[string]int64{
		"50": 50, "50.0": 50, "5e1": 50, "0.5e2": 50, "1": 1, "0": 0, "-50": 0, "-0": 0, "2.5": 0, "9007199254740992": 0,
		"9007199254740991.4": 0, "50.00000000000000000001": 0, "1e400": 0, "1e999999999": 0, "1e-999999999": 0,
	} {
		cases = append(cases,
			fieldCase{"quantity: number " + text, jiratest.Fields{quantity: raw(text)}, quantityOf, want},
			fieldCase{"quantity: text " + text, jiratest.Fields{quantity: " " + text + " "}, quantityOf, want})
	}
	for _, odd := range []string{`""`, `" "`, `null`, `true`, `false`, `{}`, `[]`, `"fifty"`, `"1,000"`, `"1_000"`, `"0x32"`, `"100/2"`, `"50 pcs"`, `"NaN"`, `"Infinity"`, `"+"`} {
		cases = append(cases, fieldCase{"quantity: " + odd, jiratest.Fields{quantity: raw(odd)}, quantityOf, int64(0)})
	}

	onBoth(t, func(t *testing.T, deployment string) {
		b := setup(t, deployment)
		for _, tc := range cases {
			b.fake.RemoveIssue("PI-7")
			b.fake.AddIssue("PI-7", tc.fields)
			got, err := b.client.Ticket(t.Context(), "PI-7")
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
			} else if !reflect.DeepEqual(tc.get(got), tc.want) {
				t.Errorf("%s: got %#v, want %#v", tc.name, tc.get(got), tc.want)
			}
		}
	})
}

func TestTicketReadsTheConfiguredFields(t *testing.T) {
	t.Parallel()
	b := setup(t, jira.Cloud, func(cfg *jira.Config) {
		cfg.PartNumberField, cfg.QuantityField, cfg.EpicField = "customfield_1", "customfield_2", "customfield_3"
	})
	b.fake.AddIssue("PI-42", jiratest.Fields{"customfield_1": "P", "customfield_2": 7, "customfield_3": "PI-3"})
	got, err := b.client.Ticket(t.Context(), "PI-42")
	if err != nil || got.PartNumber != "P" || got.Quantity != 7 || got.EpicLink != "PI-3" {
		t.Errorf("Ticket = %+v, %v", got, err)
	}
	asked := strings.Split(b.fake.Requests()[0].Query.Get("fields"), ",")
	for _, id := range []string{"summary", "customfield_1", "customfield_2", "customfield_3"} {
		if !slices.Contains(asked, id) {
			t.Errorf("fields asked for: %v, without %s", asked, id)
		}
	}
}
