package models

import "time"

// Millis is a time as milliseconds since 1970-01-01 UTC. Both databases store times in this form, and the API shows them with
// the same precision.
type Millis int64

// MillisOf returns the time, truncated to milliseconds.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// String returns the time in ISO 8601 with three decimals and Z, as the API shows it.
func (m Millis) String() string {
	return time.UnixMilli(int64(m)).UTC().Format("2006-01-02T15:04:05.000Z")
}
