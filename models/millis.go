package models

import "time"

// Millis is a time as milliseconds since 1970-01-01 UTC. Both databases store times in this form, and the API shows them with
// the same precision.
type Millis int64

// MillisOf returns the time, truncated to milliseconds.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// String returns the time in ISO 8601 with three decimals and Z, as the API shows it.
func (m Millis) String() string {
	// Go formats RFC 3339 several times as fast as a layout with three decimals, and a list formats two times for each row.
	t := time.UnixMilli(int64(m)).UTC()
	text := t.AppendFormat(make([]byte, 0, len("2006-01-02T15:04:05.000Z")), time.RFC3339)
	ms := t.Nanosecond() / 1e6
	return string(append(text[:len(text)-1], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z'))
}
