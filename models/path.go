package models

// AdvancementMode limits how many steps a unit may bypass on a path.
type AdvancementMode string

// The advancement modes, the strictest first. The rules are in routing.go.
const (
	Strict   AdvancementMode = "strict"
	PerStep  AdvancementMode = "per_step"
	Flexible AdvancementMode = "flexible"
)

// DependencyType says how strictly a step is required.
type DependencyType string

// The dependency types. The rules are in routing.go.
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
	// LastStepNumber is the number that was used last: for a step that was added, or for an edit that moved a step behind
	// another one. Numbers are never reused, so they also order these changes in time.
	LastStepNumber int `gorm:"column:last_step_no"`
	Counts
	// JobClosed reports whether the path's job is closed. ClosedJob is then the name of the job.
	JobClosed bool
	ClosedJob string `gorm:"-"`
	// JobRank is what new steps of the path get, see [Step].
	JobRank *string `gorm:"-"`
	// Version counts the changes of the path's own fields and steps, from 1. Progress does not change it.
	Version   int64
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	UpdatedAt Millis `gorm:"autoUpdateTime:false"`
	// Steps are the current steps, in their order.
	Steps []Step `gorm:"-"`
}

// Step is one operation on a path.
type Step struct {
	ID     string `gorm:"primaryKey"`
	PathID string
	// Number identifies the step on its path. Numbers ascend in the order in which steps were added. Units refer to a step by its
	// number, which stays when the step is moved, renamed, or removed.
	Number int `gorm:"column:no"`
	// Index is the position of the step on its path, from 0. It is nil for a removed step, whose row stays because events
	// refer to it.
	Index          *int `gorm:"column:position"`
	Name           string
	Location       *string
	AssignedTo     *string
	Optional       bool
	DependencyType DependencyType
	// JobRank is that of the step's job, see [Job.Rank]. It is nil for a removed step.
	JobRank *string
	// PartCount is the number of units in progress that stand at the step.
	PartCount int64
	// DoneCount is the number of units, in progress or completed, that have done the step.
	DoneCount int64
	// ToCreate is the number of units that must still be created to reach the goal of the path. It is kept at the first step. It
	// can be negative, and is 0 at the other steps. Scrapped units don't count.
	ToCreate int64
	// HasWork reports whether PartCount or ToCreate is positive. The database keeps it.
	HasWork bool `gorm:"->"`
	// StoodAhead has the steps at which units still owe this step, because it was ahead of them before it was moved.
	StoodAhead Standings `gorm:"type:text"`
}

// CheckOpen returns a Conflict error if the path's job is closed.
func (p *Path) CheckOpen() error {
	if p.JobClosed {
		return ConflictError("Job %s is closed", p.ClosedJob)
	}
	return nil
}

// SetToCreate sets what is to be created at each step, after a change of the goal or of the steps.
func (p *Path) SetToCreate() {
	for i := range p.Steps {
		p.Steps[i].ToCreate = 0
	}
	p.Steps[0].ToCreate = p.GoalQuantity - p.InProgress - p.Completed
}

// StepIndex returns the index of the step with the given id, or -1.
func (p *Path) StepIndex(id string) int {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return i
		}
	}
	return -1
}
