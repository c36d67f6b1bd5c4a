package models

import (
	"encoding/binary"

	"github.com/google/uuid"
)

// Prefixes of the ids that the server makes.
const (
	JobPrefix   = "job"
	PathPrefix  = "path"
	StepPrefix  = "step"
	EventPrefix = "evt"
	KeyPrefix   = "key"
)

// NewID makes an id in the TypeID format: the prefix, an underscore, and a UUIDv7 as 26 characters of lower-case base32.
// Ids made by one server sort by time of creation, within one millisecond too; of two servers, as far as their clocks
// agree. It panics only if the system's source of randomness fails.
func NewID(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	out := make([]byte, 0, len(prefix)+1+idDigits)
	out = append(out, prefix...)
	out = append(out, '_')
	return string(appendBase32(out, id))
}

const idDigits = 26

// appendBase32 writes 128 bits as 26 digits of 5 bits, the first of which holds only 3. The alphabet is Crockford's.
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
