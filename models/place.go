package models

import "strings"

// PlaceKind is what a place is.
type PlaceKind string

// The kinds of places.
const (
	PlaceLocation PlaceKind = "location"
	PlaceAssignee PlaceKind = "assignee"
	PlaceStepName PlaceKind = "step"
)

// Place counts the steps of open jobs that share a location, an assignee, or a name, and the units that stand at these steps. It
// equals what counting the steps would give.
type Place struct {
	// ID is the kind, a colon, and the name.
	ID string `gorm:"primaryKey"`
	// Steps is 0 for a name that no open job uses any more.
	Steps, Waiting int64
}

// Split returns the kind and the name.
func (p Place) Split() (PlaceKind, string) {
	kind, name, _ := strings.Cut(p.ID, ":")
	return PlaceKind(kind), name
}

// ID returns the id of the place of the kind with the name. It is "" for the empty kind.
func (k PlaceKind) ID(name string) string {
	if k == "" {
		return ""
	}
	return string(k) + ":" + name
}

// IDs returns the first id that a place of the kind can have, and the first one after all of them.
func (k PlaceKind) IDs() (from, to string) { return string(k) + ":", string(k) + ";" }

// PlaceIDs returns the ids of the places in which the step is counted.
func (s *Step) PlaceIDs() []string {
	ids := []string{PlaceStepName.ID(s.Name)}
	if s.Location != nil {
		ids = append(ids, PlaceLocation.ID(*s.Location))
	}
	if s.AssignedTo != nil {
		ids = append(ids, PlaceAssignee.ID(*s.AssignedTo))
	}
	return ids
}
