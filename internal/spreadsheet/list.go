package spreadsheet

import "strings"

// JoinList returns the items of a list as the text of one cell: with commas, and with quotes where an item needs them.
func JoinList(items []string) string {
	var out strings.Builder
	for i, item := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		if item == "" || strings.ContainsAny(item, ",\"\r\n") || strings.TrimSpace(item) != item {
			item = quote(item)
		}
		out.WriteString(item)
	}
	return out.String()
}

// SplitList returns the items of a list that is the text of one cell. Spaces around an item do not count, unless it is quoted.
// Items without quotes and without text are left out. It reports false if a quote is in the wrong place.
func SplitList(text string) (items []string, ok bool) {
	items = []string{}
	for rest := text; rest != ""; {
		rest = strings.TrimSpace(rest)
		item, quoted := "", strings.HasPrefix(rest, `"`)
		if quoted {
			if item, rest, ok = cutQuoted(rest); !ok {
				return nil, false
			}
			rest = strings.TrimSpace(rest)
			if rest != "" && rest[0] != ',' {
				return nil, false
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			item, rest, _ = strings.Cut(rest, ",")
			item = strings.TrimSpace(item)
		}
		if quoted || item != "" {
			items = append(items, item)
		}
	}
	return items, true
}

// quote returns the text in double quotes, with those inside it doubled.
func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// cutQuoted returns the text in quotes at the start of rest, and what follows it. It reports false if the quote is not closed.
func cutQuoted(rest string) (text, after string, ok bool) {
	for i := 1; i < len(rest); i++ {
		if rest[i] != '"' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '"' {
			i++
			continue
		}
		text = rest[1:i]
		if strings.Contains(text, `""`) {
			text = strings.ReplaceAll(text, `""`, `"`)
		}
		return text, rest[i+1:], true
	}
	return "", "", false
}
