package models

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// TestAppendBase32 has the examples of the TypeID specification.
func TestAppendBase32(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"00000000-0000-0000-0000-000000000000": "00000000000000000000000000",
		"00000000-0000-0000-0000-000000000001": "00000000000000000000000001",
		"00000000-0000-0000-0000-00000000000a": "0000000000000000000000000a",
		"00000000-0000-0000-0000-000000000010": "0000000000000000000000000g",
		"00000000-0000-0000-0000-000000000020": "00000000000000000000000010",
		"ffffffff-ffff-ffff-ffff-ffffffffffff": "7zzzzzzzzzzzzzzzzzzzzzzzzz",
		"0110c853-1d09-52d8-d73e-1194e95b5f19": "0123456789abcdefghjkmnpqrs",
		"01890a5d-ac96-774b-bcce-b302099a8057": "01h455vb4pex5vsknk084sn02q",
		"0188bac7-4afa-78aa-bc3b-bd1eef28d881": "01h2xcejqtf2nbrexx3vqjhp41",
	} {
		if got := string(appendBase32(nil, uuid.MustParse(id))); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

func TestNewIDForm(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{JobPrefix, PathPrefix, StepPrefix, EventPrefix} {
		// The first digit holds three bits; i, l, o and u are no digits.
		form := regexp.MustCompile(`^` + prefix + `_[0-7][0-9a-hjkmnp-tv-z]{25}$`)
		if id := NewID(prefix); !form.MatchString(id) {
			t.Errorf("an id is %s, want %s", id, form)
		}
	}
}

// TestNewIDOrder makes many ids within each millisecond.
func TestNewIDOrder(t *testing.T) {
	t.Parallel()
	ids := make([]string, 100_000)
	for i := range ids {
		ids[i] = NewID(JobPrefix)
	}
	for i := range ids[1:] {
		if ids[i] >= ids[i+1] {
			t.Fatalf("%s does not come before %s, which was made after it", ids[i], ids[i+1])
		}
	}
}

func TestNewIDIsMadeOnce(t *testing.T) {
	t.Parallel()
	var makers sync.WaitGroup
	made := make([][]string, 8)
	for i := range made {
		makers.Go(func() {
			for range 20_000 {
				made[i] = append(made[i], NewID(JobPrefix))
			}
		})
	}
	makers.Wait()
	all := slices.Concat(made...)
	slices.Sort(all)
	if different := len(slices.Compact(slices.Clone(all))); different != len(all) {
		t.Errorf("of %d ids %d are different", len(all), different)
	}
}
