package models

import (
	"database/sql/driver"
	"fmt"
	"strings"
)

// Standing records until when a step was ahead of the units at another step, before the step was moved behind it.
type Standing struct {
	// StepNumber is the number of the other step.
	StepNumber int
	// Until is the LastStepNumber of the path before the step was moved.
	Until int
}

// Standings has at most one standing for each other step. It is stored as text such as 3:12,4:12: step numbers, each with the
// LastStepNumber.
type Standings []Standing

// Of returns until when the step was ahead of units at the step with the given number, and whether it ever was.
func (s Standings) Of(stepNumber int) (until int, ok bool) {
	for _, standing := range s {
		if standing.StepNumber == stepNumber {
			return standing.Until, true
		}
	}
	return 0, false
}

// String returns the stored text.
func (s Standings) String() string {
	texts := make([]string, len(s))
	for i, standing := range s {
		texts[i] = fmt.Sprintf("%d:%d", standing.StepNumber, standing.Until)
	}
	return strings.Join(texts, ",")
}

// Value implements driver.Valuer.
func (s Standings) Value() (driver.Value, error) { return s.String(), nil }

// Scan implements sql.Scanner.
func (s *Standings) Scan(source any) error {
	var stored string
	switch text := source.(type) {
	case string:
		stored = text
	case []byte:
		stored = string(text)
	default:
		return fmt.Errorf("standings stored as %T", source)
	}
	*s = nil
	if stored == "" {
		return nil
	}
	for text := range strings.SplitSeq(stored, ",") {
		var standing Standing
		if _, err := fmt.Sscanf(text, "%d:%d", &standing.StepNumber, &standing.Until); err != nil {
			return fmt.Errorf("standings %q: %w", stored, err)
		}
		*s = append(*s, standing)
	}
	return nil
}
