package models

import "strconv"

// Seal proves a block of consecutive events: nobody can change, add, or remove an event of the block without changing the
// hash of this seal and of all later seals.
type Seal struct {
	// Number counts the seals from 1, without gaps.
	Number int64 `gorm:"primaryKey;autoIncrement:false"`
	// FirstSeq and LastSeq are the numbers of the first and the last event of the block.
	FirstSeq int64
	LastSeq  int64
	// Events is the number of events in the block.
	Events int64
	// Hash is a SHA-256 in hexadecimal, see store/seal.go.
	Hash string
	// At is when the block was sealed.
	At Millis
}

// String returns the seal as an operator notes it: the number of its last event, a colon, and the hash.
func (s Seal) String() string { return strconv.FormatInt(s.LastSeq, 10) + ":" + s.Hash }
