package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Template is a list of steps from which paths are made.
type Template struct {
	ID              string `gorm:"primaryKey"`
	Name            string
	AdvancementMode AdvancementMode
	Steps           TemplateSteps `gorm:"type:text"`
	// Version counts the changes of the template, from 1.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
}

// TemplateStep is one step of a template.
type TemplateStep struct {
	Name           string         `json:"name"`
	Location       *string        `json:"location,omitempty"`
	AssignedTo     *string        `json:"assignedTo,omitempty"`
	Optional       bool           `json:"optional"`
	DependencyType DependencyType `json:"dependencyType"`
}

// TemplateSteps are the steps of a template, in their order. They are stored as JSON.
type TemplateSteps []TemplateStep

// Value implements driver.Valuer.
func (s TemplateSteps) Value() (driver.Value, error) {
	text, err := json.Marshal([]TemplateStep(s))
	return string(text), err
}

// Scan implements sql.Scanner.
func (s *TemplateSteps) Scan(source any) error {
	*s = nil
	switch text := source.(type) {
	case string:
		return json.Unmarshal([]byte(text), (*[]TemplateStep)(s))
	case []byte:
		return json.Unmarshal(text, (*[]TemplateStep)(s))
	default:
		return fmt.Errorf("template steps stored as %T", source)
	}
}

// StepChanges returns the steps as the steps of a new path.
func (s TemplateSteps) StepChanges() []StepChange {
	changes := make([]StepChange, len(s))
	for i := range s {
		step := s[i]
		changes[i] = StepChange{
			Name: &step.Name, Location: &step.Location, AssignedTo: &step.AssignedTo, Optional: &step.Optional,
			DependencyType: &step.DependencyType,
		}
	}
	return changes
}

// TemplateChange has the new values of a template's fields. A nil field stays as it is.
type TemplateChange struct {
	Name            *string
	AdvancementMode *AdvancementMode
	Steps           *TemplateSteps
}

// Apply changes the template's fields.
func (c TemplateChange) Apply(template *Template) {
	set(&template.Name, c.Name)
	set(&template.AdvancementMode, c.AdvancementMode)
	set(&template.Steps, c.Steps)
}
