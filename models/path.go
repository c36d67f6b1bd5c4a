package models

// AdvancementMode says how far a unit may jump on a path.
type AdvancementMode string

// The modes, from the tightest to the loosest; the rules are in routing.go.
const (
	Strict   AdvancementMode = "strict"
	PerStep  AdvancementMode = "per_step"
	Flexible AdvancementMode = "flexible"
)

// DependencyType says how strictly a step binds.
type DependencyType string

// The dependency types; the rules are in routing.go.
const (
	Preferred      DependencyType = "preferred"
	Physical       DependencyType = "physical"
	CompletionGate DependencyType = "completion_gate"
)

// Path is one route of a job through the shop.
type Path struct {
	ID              string `gorm:"primaryKey"`
	JobID           string
	Name            string
	GoalQuantity    int64
	AdvancementMode AdvancementMode
	// LastStepNumber is the number of the step that was added last; numbers are never used again.
	LastStepNumber int `gorm:"column:last_step_no"`
	Counts
	// Version counts the changes of the path's own fields, steps included, from 1. Progress does not move it.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
	// Steps are those that the path has now, in their order.
	Steps []Step `gorm:"-"`
}

// Step is one process operation on a path.
type Step struct {
	ID     string `gorm:"primaryKey"`
	PathID string
	// Number is the step's number on its path, from 1, in the order in which steps were added. Units remember what has
	// become of a step by this number, so it stays when the step is moved, renamed or removed.
	Number int `gorm:"column:no"`
	// Index is the step's place on the path, from 0; nil once it was removed. Its row stays, because history names it.
	Index          *int `gorm:"column:position"`
	Name           string
	Location       *string
	AssignedTo     *string
	Optional       bool
	DependencyType DependencyType
	// PartCount is how many units in progress stand here.
	PartCount int64
}

// StepIndex returns the place of the step with this id, or -1.
func (p *Path) StepIndex(id string) int {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return i
		}
	}
	return -1
}
