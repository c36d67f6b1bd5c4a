package models

import (
	"encoding/binary"
	"strings"
	"sync/atomic"

	"github.com/google/uuid"
)

// The prefixes of ids.
const (
	JobPrefix      = "job"
	PathPrefix     = "path"
	StepPrefix     = "step"
	EventPrefix    = "evt"
	KeyPrefix      = "key"
	TemplatePrefix = "tpl"
)

// lastStamp is the stamp of the newest id, see [stampOf].
var lastStamp atomic.Uint64

// NewID returns an id in the TypeID format: the prefix, an underscore, and a UUIDv7 as 26 characters of lower-case base32.
// Ids made by one process sort by time of creation, within one millisecond too, and also when the clock goes back. Ids made
// by two processes sort as far as their clocks agree, see [KeepIDsAbove]. NewID panics only if the system's source of
// randomness fails.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	for {
		last := lastStamp.Load()
		stamp := max(stampOf(id), last+1)
		if lastStamp.CompareAndSwap(last, stamp) {
			setStamp(&id, stamp)
			break
		}
	}
	out := make([]byte, 0, len(prefix)+1+idDigits)
	out = append(out, prefix...)
	out = append(out, '_')
	return string(appendBase32(out, id))
}

// KeepIDsAbove makes NewID return ids that sort after the given id. It is for the newest ids of a database, which can be ahead
// of a clock that was set back. It ignores an id that NewID could not have made.
func KeepIDsAbove(id string) {
	_, digits, _ := strings.Cut(id, "_")
	parsed, ok := parseBase32(digits)
	if !ok || parsed.Version() != 7 {
		return
	}
	stamp := stampOf(parsed)
	for last := lastStamp.Load(); last < stamp; last = lastStamp.Load() {
		if lastStamp.CompareAndSwap(last, stamp) {
			return
		}
	}
}

// stampOf returns the part of a UUIDv7 that orders it: 48 bits of milliseconds and 12 bits of a fraction.
func stampOf(id uuid.UUID) uint64 {
	high := binary.BigEndian.Uint64(id[:8])
	return high>>16<<12 | high&0xfff
}

func setStamp(id *uuid.UUID, stamp uint64) {
	binary.BigEndian.PutUint64(id[:8], stamp>>12<<16|7<<12|stamp&0xfff)
}

const (
	idDigits = 26
	// base32 is Crockford's alphabet.
	base32 = "0123456789abcdefghjkmnpqrstvwxyz"
)

// appendBase32 appends 128 bits as 26 digits of 5 bits. The first digit has only 3 bits.
func appendBase32(out []byte, id uuid.UUID) []byte {
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	var digits [idDigits]byte
	for i := idDigits - 1; i >= 0; i-- {
		digits[i] = base32[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return append(out, digits[:]...)
}

// parseBase32 reads what appendBase32 writes, and reports whether the text is of that form.
func parseBase32(text string) (id uuid.UUID, ok bool) {
	if len(text) != idDigits || text[0] > '7' {
		return id, false
	}
	var high, low uint64
	for i := range len(text) {
		digit := strings.IndexByte(base32, text[i])
		if digit < 0 {
			return id, false
		}
		high = high<<5 | low>>59
		low = low<<5 | uint64(digit)
	}
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id, true
}
