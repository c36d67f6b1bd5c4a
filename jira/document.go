package jira

import (
	"encoding/json"
	"strings"
)

// document is a node of the Atlassian Document Format, the rich text of Jira Cloud: the parts of it that we write and read.
type document struct {
	Type    string     `json:"type"`
	Version int        `json:"version,omitempty"`
	Text    string     `json:"text,omitempty"`
	Content []document `json:"content,omitempty"`
}

// asDocument turns lines into rich text: an empty line separates paragraphs, other lines follow one another within one. Empty
// text nodes are not allowed, so white space alone counts as empty.
func asDocument(lines []string) document {
	doc := document{Type: "doc", Version: 1}
	var paragraph []document
	finish := func() {
		if len(paragraph) > 0 {
			doc.Content = append(doc.Content, document{Type: "paragraph", Content: paragraph})
			paragraph = nil
		}
	}
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			finish()
			continue
		}
		if len(paragraph) > 0 {
			paragraph = append(paragraph, document{Type: "hardBreak"})
		}
		paragraph = append(paragraph, document{Type: "text", Text: line})
	}
	finish()
	return doc
}

// documentLines returns the lines of the document's own paragraphs. What stands in quotes, panels, lists or tables is left out.
func documentLines(raw json.RawMessage) []string {
	var doc document
	if json.Unmarshal(raw, &doc) != nil {
		return nil
	}
	var lines []string
	for _, block := range doc.Content {
		if block.Type != "paragraph" && block.Type != "heading" {
			continue
		}
		var text strings.Builder
		for _, inline := range block.Content {
			if inline.Type == "hardBreak" {
				text.WriteByte('\n')
			}
			text.WriteString(inline.Text)
		}
		lines = append(lines, strings.Split(text.String(), "\n")...)
	}
	return lines
}
