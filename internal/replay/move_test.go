package replay

import (
	"fmt"
	"testing"
	"time"
)

// TestMovesThatStand checks which moves remain after a list of events with undos.
func TestMovesThatStand(t *testing.T) {
	t.Parallel()
	at := func(second int64) int64 {
		return time.Date(2024, 1, 15, 10, 30, int(second), 0, time.UTC).UnixMilli()
	}
	f := shop(t, "saw", "mill")
	first := f.seq
	want := Moves{}
	add := func(move Move) {
		want.Add(&move)
		if got := f.replay.MovesOf("job"); got != want {
			t.Errorf("after %s the moves are not those of the events", move.EventID)
		}
	}
	created := fmt.Sprintf("evt_%d", first)
	add(Move{At: at(first), EventID: created, Type: "serial.created", ToStepID: "saw"})
	f.advance("saw", "mill")
	advanced := fmt.Sprintf("evt_%d", first+1)
	add(Move{At: at(first + 1), EnteredAt: at(first), EventID: advanced, Type: "serial.advanced", FromStepID: "saw", ToStepID: "mill"})

	scrapped := unitEvent("scrapped", "mill")
	scrapped.OccurredAt = "2024-01-15T10:00:00.000Z"
	f.follows(scrapped, `{"reason":"damaged"}`)
	f.undo("mill", first+2, "scrapped")
	if f.replay.MovesOf("job") != want {
		t.Error("a move that was undone still stands")
	}
	f.follows(scrapped, `{"reason":"damaged"}`)
	add(Move{
		At: time.Date(2024, 1, 15, 10, 0, 0, 0, time.UTC).UnixMilli(), EnteredAt: at(first + 1), EventID: fmt.Sprintf("evt_%d", first+4),
		Type: "serial.scrapped", FromStepID: "mill", ScrapReason: "damaged",
	})
}
