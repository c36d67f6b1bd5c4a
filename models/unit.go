package models

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// UnitStatus is the status of a unit.
type UnitStatus string

// The statuses of a unit. Completed and Scrapped are final, except for [Undo].
const (
	InProgress UnitStatus = "in_progress"
	Completed  UnitStatus = "completed"
	Scrapped   UnitStatus = "scrapped"
)

// ScrapReason is why a unit was scrapped.
type ScrapReason string

// ReasonOther is the only scrap reason that requires an explanation.
const ReasonOther ScrapReason = "other"

// Unit is one physical unit on a path.
type Unit struct {
	// Ordinal orders units by creation. The API does not show it. The store assigns it, so that the database need not return
	// a number for each unit.
	Ordinal int64 `gorm:"column:no;primaryKey;autoIncrement:false"`
	// SerialNumber is what is engraved on the part.
	SerialNumber string `gorm:"column:id"`
	// Sequence is the n of a serial number of the form SN-n or sn-n, so that generated numbers skip those that a shop brought along.
	// It is nil for any other serial number.
	Sequence *int64 `gorm:"column:number"`
	JobID    string
	PathID   string
	State
	// StepName is the name of the step StepID, also after the step was removed. The store sets it.
	StepName *string `gorm:"-"`
	// Version counts the changes of the unit, from 1.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
}

// NewUnits is a request for new units on a path: a quantity of them with generated serial numbers, or the given serial
// numbers.
type NewUnits struct {
	PathID string
	// JobID must be the job of the path. Nil requires nothing.
	JobID         *string
	Quantity      *int
	SerialNumbers []string
}

// Check returns an Invalid error unless exactly one of Quantity and SerialNumbers is set, or if two of the serial numbers
// differ only in case.
func (n NewUnits) Check() error {
	switch {
	case n.Quantity == nil && n.SerialNumbers == nil:
		return InvalidError("quantity", "is required")
	case n.Quantity != nil && n.SerialNumbers != nil:
		return InvalidError("quantity", "must not be given together with serialNumbers")
	}
	return CheckRepeated("serialNumbers", n.SerialNumbers)
}

// FoldSerialNumber returns the text by which a serial number is found. Serial numbers that differ only in upper and lower case
// have the same text. Serial numbers are ASCII, so both databases fold them in the same way.
func FoldSerialNumber(serialNumber string) string { return strings.ToLower(serialNumber) }

// CheckRepeated returns an Invalid error if two of the serial numbers in a field are the same or differ only in case.
func CheckRepeated(field string, serialNumbers []string) error {
	seen := make(map[string]bool, len(serialNumbers))
	for i, serialNumber := range serialNumbers {
		folded := FoldSerialNumber(serialNumber)
		if seen[folded] {
			return InvalidError(fmt.Sprintf("%s.%d", field, i), "must not repeat "+serialNumber)
		}
		seen[folded] = true
	}
	return nil
}

// Count returns the number of units.
func (n NewUnits) Count() int {
	if n.Quantity != nil {
		return *n.Quantity
	}
	return len(n.SerialNumbers)
}

// State has the fields of a unit that commands change, and that an undo restores.
type State struct {
	Status UnitStatus `json:"status"`
	// StepID is the step at which the unit stands, or stood when it was scrapped. It is nil for a completed unit.
	StepID *string `json:"stepId,omitempty"`
	// EnteredAt is when the unit entered the step at which it stands, or at which it ended. It is 0 in the states before events
	// that versions without insights have recorded.
	EnteredAt Millis `json:"enteredAt,omitempty"`
	// Marks are the statuses of steps that do not follow from the unit's current step alone.
	Marks Marks `json:"marks" gorm:"type:text"`
	// KnownStepNumber is the LastStepNumber of the path when the unit last moved. Higher numbers were used later.
	KnownStepNumber  int          `json:"knownStepNo" gorm:"column:known_step_no"`
	ForceCompleted   bool         `json:"forceCompleted,omitempty"`
	ForceReason      *string      `json:"forceReason,omitempty"`
	ScrapReason      *ScrapReason `json:"scrapReason,omitempty"`
	ScrapExplanation *string      `json:"scrapExplanation,omitempty"`
	// EndedBy and EndedAt say who scrapped or force-completed the unit, and when.
	EndedBy *string `json:"endedBy,omitempty"`
	EndedAt *Millis `json:"endedAt,omitempty"`
	// LastEventID is the event that the next undo undoes, nil if there is none.
	LastEventID *string `json:"lastEventId,omitempty"`
}

// StepStatus is the status of a step for one unit.
type StepStatus string

// The statuses of a step. Overridden is used in marks only: an overridden step is still pending or in progress, and counts
// as optional.
const (
	StepPending    StepStatus = "pending"
	StepInProgress StepStatus = "in_progress"
	StepCompleted  StepStatus = "completed"
	StepSkipped    StepStatus = "skipped"
	StepDeferred   StepStatus = "deferred"
	StepWaived     StepStatus = "waived"
	Overridden     StepStatus = "overridden"
)

// Mark is the status of a step that a unit keeps, by the step's number.
type Mark struct {
	StepNumber int
	Status     StepStatus
}

// Marks has at most one mark for each step. It is stored as text such as 1c2c5d: step numbers, each with a letter for the
// status.
type Marks []Mark

// markLetters are the letters of the stored text.
var markLetters = map[StepStatus]byte{
	StepPending: 'p', StepCompleted: 'c', StepSkipped: 's', StepDeferred: 'd', StepWaived: 'w', Overridden: 'o',
}

// Of returns the mark of a step, or "".
func (m Marks) Of(stepNo int) StepStatus {
	for _, mark := range m {
		if mark.StepNumber == stepNo {
			return mark.Status
		}
	}
	return ""
}

// With returns a copy in which the step has the given mark, or no mark for "".
func (m Marks) With(stepNo int, status StepStatus) Marks {
	changed := make(Marks, 0, len(m)+1)
	for _, mark := range m {
		if mark.StepNumber != stepNo {
			changed = append(changed, mark)
		}
	}
	if status != "" {
		changed = append(changed, Mark{stepNo, status})
	}
	return changed
}

// WithAll returns a copy in which the given marks replace those of the same steps.
func (m Marks) WithAll(marks Marks) Marks {
	replaced := make(map[int]bool, len(marks))
	for _, mark := range marks {
		replaced[mark.StepNumber] = true
	}
	changed := make(Marks, 0, len(m)+len(marks))
	for _, mark := range m {
		if !replaced[mark.StepNumber] {
			changed = append(changed, mark)
		}
	}
	return append(changed, marks...)
}

// String returns the stored text.
func (m Marks) String() string {
	text := make([]byte, 0, 3*len(m))
	for _, mark := range m {
		text = strconv.AppendInt(text, int64(mark.StepNumber), 10)
		text = append(text, markLetters[mark.Status])
	}
	return string(text)
}

// Value implements driver.Valuer.
func (m Marks) Value() (driver.Value, error) { return m.String(), nil }

// Scan implements sql.Scanner.
func (m *Marks) Scan(source any) error {
	switch text := source.(type) {
	case string:
		return m.parse(text)
	case []byte:
		return m.parse(string(text))
	default:
		return fmt.Errorf("marks stored as %T", source)
	}
}

// MarshalText implements encoding.TextMarshaler, for the state that an event stores.
func (m Marks) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Marks) UnmarshalText(text []byte) error { return m.parse(string(text)) }

func (m *Marks) parse(text string) error {
	*m = nil
	for begin, i := 0, 0; i < len(text); i++ {
		if '0' <= text[i] && text[i] <= '9' {
			continue
		}
		no, err := strconv.Atoi(text[begin:i])
		if err != nil {
			return fmt.Errorf("marks %q: %w", text, err)
		}
		status, ok := statusOfLetter(text[i])
		if !ok {
			return fmt.Errorf("marks %q: unknown letter %c", text, text[i])
		}
		*m = append(*m, Mark{no, status})
		begin = i + 1
	}
	return nil
}

func statusOfLetter(letter byte) (StepStatus, bool) {
	for status, own := range markLetters {
		if own == letter {
			return status, true
		}
	}
	return "", false
}

// Equal reports whether two states look the same in the API.
func (s State) Equal(other State) bool {
	byNo := func(a, b Mark) int { return a.StepNumber - b.StepNumber }
	a, b := slices.SortedFunc(slices.Values(s.Marks), byNo), slices.SortedFunc(slices.Values(other.Marks), byNo)
	return s.Status == other.Status && equal(s.StepID, other.StepID) && slices.Equal(a, b) &&
		s.ForceCompleted == other.ForceCompleted && equal(s.ForceReason, other.ForceReason) &&
		equal(s.ScrapReason, other.ScrapReason) && equal(s.ScrapExplanation, other.ScrapExplanation)
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// GeneratedSerialNumber is the id of the unit with this number, as it is engraved: at least five digits.
func GeneratedSerialNumber(number int64) string { return fmt.Sprintf("SN-%05d", number) }

// SequenceOf is the number of an id that GeneratedSerialNumber made, in upper or lower case, or nil.
func SequenceOf(id string) *int64 {
	id = strings.ToUpper(id)
	digits, ok := strings.CutPrefix(id, "SN-")
	if !ok {
		return nil
	}
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || number < 1 || GeneratedSerialNumber(number) != id {
		return nil
	}
	return &number
}

// TableName names the table after the API's word for a unit.
func (Unit) TableName() string { return "serials" }

// DeletedUnit is the serial number of a unit that was deleted. It is not used again.
type DeletedUnit struct {
	SerialNumber string `gorm:"column:id"`
	// Sequence is that of the unit, see [Unit].
	Sequence *int64 `gorm:"column:number"`
}

// TableName names the table after the API's word for a unit.
func (DeletedUnit) TableName() string { return "deleted_serials" }
