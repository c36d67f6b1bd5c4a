package models

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// The prefixes of ids.
const (
	JobPrefix   = "job"
	PathPrefix  = "path"
	StepPrefix  = "step"
	EventPrefix = "evt"
	KeyPrefix   = "key"
)

// NewID returns an id in the TypeID format: the prefix, an underscore, and a UUIDv7 as 26 characters of lower-case base32.
// Ids of one server sort by the time of creation, also within one millisecond. Ids of several servers sort as far as the clocks
// of the servers agree. NewID panics only if the system's source of randomness fails.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	out := make([]byte, 0, len(prefix)+1+idDigits)
	out = append(out, prefix...)
	out = append(out, '_')
	return string(appendBase32(out, id))
}

const idDigits = 26

// appendBase32 appends 128 bits as 26 digits of 5 bits, in Crockford's alphabet. The first digit has only 3 bits.
func appendBase32(out []byte, id uuid.UUID) []byte {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	high, low := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	var digits [idDigits]byte
	for i := idDigits - 1; i >= 0; i-- {
		digits[i] = alphabet[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return append(out, digits[:]...)
}
