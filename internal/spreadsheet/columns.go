package spreadsheet

import (
	"slices"
	"strings"
	"unicode"
)

// Field is what a column can be for.
type Field struct {
	Name string
	// Synonyms are other names of the column. Case, spaces, hyphens, and underscores do not matter in them, nor in Name.
	Synonyms []string
	// Required reports whether the file must have a column for the field.
	Required bool
}

// Column is a column of a file.
type Column struct {
	// Name is the name in the header, without the apostrophes of [Guard].
	Name string
	// Field is the name of the field that the column is for, "" for none.
	Field string
}

// MatchColumns returns the columns of a header row. Mapped has the names of fields by the names of their columns; it takes
// precedence over the columns' own names. The error says which column is missing, mapped but not there, or there twice; it is an
// *Error.
func MatchColumns(header Row, fields []Field, mapped map[string]string) ([]Column, error) {
	columns := make([]Column, len(header.Cells))
	byName := map[string]string{}
	for _, field := range fields {
		for _, name := range append([]string{field.Name}, field.Synonyms...) {
			byName[foldName(name)] = field.Name
		}
	}
	byMap := map[string]string{}
	for name, field := range mapped {
		byMap[foldName(name)] = field
		for folded, other := range byName {
			if other == field {
				delete(byName, folded)
			}
		}
	}
	for i, cell := range header.Cells {
		// A substring would keep the whole text of the file in memory.
		name := strings.Clone(strings.TrimSpace(cell.Text()))
		folded := foldName(name)
		field := byMap[folded]
		if field == "" {
			field = byName[folded]
		}
		if at := slices.IndexFunc(columns[:i], func(c Column) bool { return field != "" && c.Field == field }); at >= 0 {
			return nil, errorf("The columns %s and %s are both for %s", columns[at].Name, name, field)
		}
		columns[i] = Column{Name: name, Field: field}
	}
	has := func(field string) bool {
		return slices.ContainsFunc(columns, func(c Column) bool { return c.Field == field })
	}
	for _, field := range fields {
		for name, target := range mapped {
			if target == field.Name && !has(field.Name) {
				return nil, errorf("The file has no column %s", name)
			}
		}
		if field.Required && !has(field.Name) {
			return nil, errorf("The file has no column for %s: call it %s, or map a column to it", field.Name, field.Name)
		}
	}
	return columns, nil
}

// foldName makes names equal that differ only in case, spaces, hyphens, and underscores.
func foldName(name string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsSpace(char) || char == '-' || char == '_' || char == '\ufeff' {
			return -1
		}
		return unicode.ToLower(char)
	}, name)
}
