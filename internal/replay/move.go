package replay

import (
	"encoding/binary"
	"hash/maphash"
	"time"
)

// Move is one move of a unit that was not undone: its creation, an advance, its completion, or its scrapping.
type Move struct {
	// At is when the work was done, and EnteredAt when the unit had entered the step that it left, 0 for a creation. Both are
	// milliseconds since 1970-01-01 UTC.
	At, EnteredAt int64
	EventID, Type string
	// FromStepID is the step that the unit left, and ToStepID the step that it entered; "" if there is none.
	FromStepID, ToStepID string
	ScrapReason          string
}

// Moves stands for a set of moves. Two sets are equal if their Moves are.
type Moves struct {
	Count int64
	sum   uint64
}

// Add adds a move.
func (m *Moves) Add(move *Move) { m.addHash(move.hash(), +1) }

// addHash adds n moves with the hash.
func (m *Moves) addHash(hash uint64, n int64) {
	m.Count += n
	m.sum += uint64(n) * hash
}

// MovesOf returns the moves of a job's units that were not undone.
func (r *Replay) MovesOf(jobID string) Moves {
	if known := r.jobs[jobID]; known != nil {
		return known.moves
	}
	return Moves{}
}

// hash returns a number that stands for the move within this process.
func (m *Move) hash() uint64 {
	encoded := binary.AppendVarint(nil, m.At)
	encoded = binary.AppendVarint(encoded, m.EnteredAt)
	for _, text := range []string{m.EventID, m.Type, m.FromStepID, m.ToStepID, m.ScrapReason} {
		encoded = append(binary.AppendUvarint(encoded, uint64(len(text))), text...)
	}
	return maphash.Bytes(seed, encoded)
}

// doneAt returns when the work of the event was done.
func (r *Replay) doneAt() int64 {
	at := r.event.At
	if r.event.OccurredAt != "" {
		at = r.event.OccurredAt
	}
	parsed, err := time.Parse(time.RFC3339, at)
	if err != nil {
		r.report("%s is no time", at)
	}
	return parsed.UnixMilli()
}

// addMove adds the event's move to the moves of the job, and returns its hash. The unit is in its state after the move. From is
// the step that it left, "" for a creation.
func (r *Replay) addMove(u *unit, from string) uint64 {
	move := Move{At: r.doneAt(), EnteredAt: u.entered, EventID: r.event.ID, Type: r.event.Type, FromStepID: from}
	if u.status == InProgress {
		move.ToStepID = u.step.StepID
		u.entered = move.At
	}
	if u.status == Scrapped {
		move.ScrapReason = *u.ending.reason
	}
	hash := move.hash()
	u.path.job.moves.addHash(hash, +1)
	return hash
}
