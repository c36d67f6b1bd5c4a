package models

import "strings"

// Scrap takes a unit out of production.
type Scrap struct {
	From        From
	Reason      ScrapReason
	Explanation *string
}

// check returns an Invalid error when the reason is "other" and there is no explanation.
func (c Scrap) check() error {
	if c.Reason == ReasonOther && (c.Explanation == nil || strings.TrimSpace(*c.Explanation) == "") {
		return InvalidError("explanation", "is required")
	}
	return nil
}

func (c Scrap) apply(path *Path, unit Unit, by Actor) (Change, error) {
	at, err := path.currentIndex(&unit, c.From)
	if err != nil {
		return Change{}, err
	}
	here := &path.Steps[at]
	unit.Status = Scrapped
	unit.ScrapReason, unit.ScrapExplanation = &c.Reason, c.Explanation
	unit.EndedBy, unit.EndedAt = &by.UserID, &by.At
	return Change{Unit: unit, Type: UnitScrapped, StepID: &here.ID, Data: scrappedData{
		StepName: here.Name, Reason: c.Reason, Explanation: c.Explanation,
	}}, nil
}
