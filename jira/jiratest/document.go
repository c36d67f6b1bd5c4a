package jiratest

import (
	"encoding/json"
	"strings"
)

// node is a node of the Atlassian Document Format.
type node struct {
	Type    string  `json:"type"`
	Version int     `json:"version"`
	Text    *string `json:"text"`
	Content []node  `json:"content"`
}

// isText reports whether a comment's body is a text that is not empty.
func isText(body json.RawMessage) bool {
	var text string
	return json.Unmarshal(body, &text) == nil && strings.TrimSpace(text) != ""
}

// isDocument reports whether a comment's body is a document that Jira Cloud takes, as far as the fake knows: version 1, paragraphs of
// text and line breaks, no empty text.
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

// plain returns a comment's body as plain text.
func plain(body json.RawMessage) string {
	var text string
	if json.Unmarshal(body, &text) == nil {
		return text
	}
	var doc node
	_ = json.Unmarshal(body, &doc)
	paragraphs := make([]string, 0, len(doc.Content))
	for _, block := range doc.Content {
		paragraphs = append(paragraphs, block.plain())
	}
	return strings.Join(paragraphs, "\n\n")
}

func (n node) plain() string {
	if n.Type == "hardBreak" {
		return "\n"
	}
	var text strings.Builder
	if n.Text != nil {
		text.WriteString(*n.Text)
	}
	for _, child := range n.Content {
		text.WriteString(child.plain())
	}
	return text.String()
}
