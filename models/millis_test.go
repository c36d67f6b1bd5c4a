package models

import (
	"testing"
	"time"
)

func TestMillis(t *testing.T) {
	t.Parallel()
	cet := time.FixedZone("CET", 3600)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC), "2024-01-15T10:30:00.000Z"},
		{time.Date(2024, 1, 15, 10, 30, 0, 999_999_999, time.UTC), "2024-01-15T10:30:00.999Z"}, // cut, not rounded
		{time.Date(2024, 1, 15, 10, 30, 0, 1_000_000, time.UTC), "2024-01-15T10:30:00.001Z"},
		{time.Date(2024, 1, 15, 10, 30, 0, 210_000_000, time.UTC), "2024-01-15T10:30:00.210Z"},
		{time.Date(2024, 1, 15, 0, 30, 0, 0, cet), "2024-01-14T23:30:00.000Z"},
		{time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC), "2024-02-29T23:59:59.000Z"},
		{time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "1970-01-01T00:00:00.000Z"},
		{time.Date(1969, 12, 31, 23, 59, 59, 999_000_000, time.UTC), "1969-12-31T23:59:59.999Z"},
	} {
		if got := MillisOf(c.at).String(); got != c.want {
			t.Errorf("%v is %s, want %s", c.at, got, c.want)
		}
	}
}

// TestMillisInAnotherTimeZone must not run in parallel with other tests, because it changes the time zone of the process.
func TestMillisInAnotherTimeZone(t *testing.T) {
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	time.Local = time.FixedZone("CET", 3600)
	if got, want := Millis(1705314600123).String(), "2024-01-15T10:30:00.123Z"; got != want {
		t.Errorf("the time is %s, want %s", got, want)
	}
}
