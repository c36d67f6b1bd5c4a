package jira

import (
	"encoding/json"
	"strings"
)

// document is a node of the Atlassian Document Format, the rich text of Jira Cloud, with the members that we write and read.
type document struct {
	Type    string     `json:"type"`
	Version int        `json:"version,omitempty"`
	Text    string     `json:"text,omitempty"`
	Content []document `json:"content,omitempty"`
}

// toDocument returns lines as rich text. Empty lines, and lines of white space, separate paragraphs; the other lines of a
// paragraph are separated by line breaks.
func toDocument(lines []string) document {
	doc := document{Type: "doc", Version: 1}
	var paragraph []document
	for _, line := range append(lines, "") {
		switch {
		case strings.TrimSpace(line) != "":
			if paragraph != nil {
				paragraph = append(paragraph, document{Type: "hardBreak"})
			}
			paragraph = append(paragraph, document{Type: "text", Text: line})
		case paragraph != nil:
			doc.Content = append(doc.Content, document{Type: "paragraph", Content: paragraph})
			paragraph = nil
		}
	}
	return doc
}

// documentLines returns the lines of a document's paragraphs and headings, without those in quotes, panels, lists, and tables.
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
