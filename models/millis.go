package models

import "time"

// Millis is a moment in UTC as milliseconds since 1970-01-01, which is how both databases hold it and as precise as
// answers are: what is stored is what is shown.
type Millis int64

// MillisOf cuts a time down to its millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// String is ISO 8601 with three decimals and Z, as answers show it.
func (m Millis) String() string {
	return time.UnixMilli(int64(m)).UTC().Format("2006-01-02T15:04:05.000Z")
}
