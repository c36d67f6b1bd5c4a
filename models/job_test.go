package models

import (
	"reflect"
	"testing"
)

func TestFoldCase(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"JOB-1", "job-1", "jOb-1"},
		{"ÄÖÜ", "äöü"},
		{"КОРПУС", "корпус"},
		{"ΟΔΟΣ", "οδος", "οδοσ"},
		{"Ǆ", "ǅ", "ǆ"},
		{"\u212a", "K", "k"}, // the sign of Kelvin
	} {
		for _, other := range same {
			if FoldCase(other) != FoldCase(same[0]) {
				t.Errorf("%s and %s differ in more than case: %q and %q", same[0], other, FoldCase(same[0]), FoldCase(other))
			}
		}
	}
	for _, different := range [][2]string{{"a", "b"}, {"a", "á"}, {"1", "１"}, {"", " "}} {
		if FoldCase(different[0]) == FoldCase(different[1]) {
			t.Errorf("%q and %q differ in case alone", different[0], different[1])
		}
	}
}

func TestLabelsInTheDatabase(t *testing.T) {
	t.Parallel()
	for _, labels := range []Labels{nil, {}, {""}, {"b", "a", "b"}, {`"`, "\n", "<&>", "\u2028", "ж"}} {
		value, err := labels.Value()
		if err != nil {
			t.Fatal(err)
		}
		sources := []any{value}
		if text, ok := value.(string); ok {
			sources = append(sources, []byte(text))
		}
		for _, source := range sources {
			got := Labels{"from before"}
			if err := got.Scan(source); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, labels) {
				t.Errorf("%#v came back as %#v", labels, got)
			}
		}
	}
	for _, source := range []any{"[", "{}", "", int64(1)} {
		var labels Labels
		if err := labels.Scan(source); err == nil {
			t.Errorf("%#v was read as %#v", source, labels)
		}
	}
}
