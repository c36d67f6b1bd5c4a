package replay

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// unitTypes are the types of events that undo takes back. The history has their places here.
var unitTypes = []string{
	"serial.advanced", "serial.completed", "serial.scrapped", "serial.force_completed", "serial.step_overridden",
	"serial.override_cleared", "serial.step_waived", "serial.step_completed",
}

var seed = maphash.MakeSeed()

// hashID stands for an event's id in the history. Ids are compared within one unit only, where 64 bits tell them apart.
func hashID(id string) uint64 { return maphash.String(seed, id) }

// past is one entry of a unit's history: an event, and the unit's state before it. Such a unit was in progress.
type past struct {
	id uint64
	// move is the hash of the event's move, 0 if the event is no move.
	move        uint64
	entered     int64
	seq         int64
	eventType   int
	step, known int
	marks       []mark
	// begin is where the entry begins in the history.
	begin int
}

// push adds the unit's state before the event to its history, and returns where the entry begins. An entry is the hash of the
// event's id, that of its move, five numbers, the marks as pairs of a mark and how often it follows, and the length of all that in
// four bytes.
func (u *unit) push(event *Event) (begin int) {
	begin = len(u.history)
	h := binary.LittleEndian.AppendUint64(u.history, hashID(event.ID))
	h = binary.LittleEndian.AppendUint64(h, 0)
	h = binary.AppendVarint(h, u.entered)
	h = binary.AppendUvarint(h, uint64(event.Seq))
	h = binary.AppendUvarint(h, uint64(slices.Index(unitTypes, event.Type)))
	h = binary.AppendUvarint(h, uint64(u.step.number))
	h = binary.AppendUvarint(h, uint64(u.known))
	for i := 0; i < len(u.marks); {
		end := i + 1
		for end < len(u.marks) && u.marks[end] == u.marks[i] {
			end++
		}
		h = append(h, byte(u.marks[i]))
		h = binary.AppendUvarint(h, uint64(end-i))
		i = end
	}
	u.history = binary.LittleEndian.AppendUint32(h, uint32(len(h)-begin))
	return begin
}

// setMove sets the hash of the move of the entry that begins there.
func (u *unit) setMove(begin int, hash uint64) {
	binary.LittleEndian.PutUint64(u.history[begin+8:], hash)
}

// top returns the last entry of the history.
func (u *unit) top() (past, bool) {
	end := len(u.history) - 4
	if end < 0 {
		return past{}, false
	}
	begin := end - int(binary.LittleEndian.Uint32(u.history[end:]))
	entry := u.history[begin:end]
	last := past{id: binary.LittleEndian.Uint64(entry), move: binary.LittleEndian.Uint64(entry[8:]), begin: begin}
	entry = entry[16:]
	entered, length := binary.Varint(entry)
	last.entered, entry = entered, entry[length:]
	number := func() int {
		value, length := binary.Uvarint(entry)
		entry = entry[length:]
		return int(value)
	}
	last.seq, last.eventType, last.step, last.known = int64(number()), number(), number(), number()
	for len(entry) > 0 {
		m := mark(entry[0])
		entry = entry[1:]
		for range number() {
			last.marks = append(last.marks, m)
		}
	}
	return last, true
}

// popTo removes what is after the event with the id. It returns false, and removes nothing, when the history has no such event.
func (u *unit) popTo(id uint64) bool {
	whole := u.history
	for {
		last, found := u.top()
		if !found {
			u.history = whole
			return false
		}
		if last.id == id {
			return true
		}
		u.history = u.history[:last.begin]
	}
}
