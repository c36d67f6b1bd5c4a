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
		if got, ok := parseBase32(want); !ok || got.String() != id {
			t.Errorf("%s is read as %s, %v, want %s", want, got, ok, id)
		}
	}
	for _, text := range []string{"", "0123456789abcdefghjkmnpqr", "8zzzzzzzzzzzzzzzzzzzzzzzzz", "0123456789abcdefghjkmnpqri"} {
		if id, ok := parseBase32(text); ok {
			t.Errorf("%q is read as %s", text, id)
		}
	}
}

// TestKeepIDsAbove has new ids follow one that was made an hour later, as after a clock was set back, and ignore ids that
// are not UUIDv7.
func TestKeepIDsAbove(t *testing.T) {
	t.Parallel()
	var hour uint64 = 60 * 60 * 1000
	id := uuid.Must(uuid.NewV7())
	setStamp(&id, stampOf(id)+hour<<12)
	later := JobPrefix + "_" + string(appendBase32(nil, id))
	KeepIDsAbove(later)
	KeepIDsAbove("job_1")
	KeepIDsAbove("")
	KeepIDsAbove("job_7zzzzzzzzzzzzzzzzzzzzzzzzz")
	for range 10_000 {
		next := NewID(JobPrefix)
		if next <= later {
			t.Fatalf("%s does not come after %s", next, later)
		}
		if parsed, ok := parseBase32(next[len("job_"):]); !ok || parsed.Version() != 7 || parsed.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is not a UUIDv7", next)
		}
		later = next
	}
	KeepIDsAbove("job_01h455vb4pex5vsknk084sn02q") // older, so it changes nothing
	if next := NewID(JobPrefix); next <= later {
		t.Errorf("%s does not come after %s", next, later)
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
