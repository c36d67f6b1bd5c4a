package models

// ActionName is the name of a command for a unit, as the API shows it.
type ActionName string

// The commands for a unit. ActionSkip is an [Advance] with Skip.
const (
	ActionAdvance       ActionName = "advance"
	ActionSkip          ActionName = "skip"
	ActionScrap         ActionName = "scrap"
	ActionForceComplete ActionName = "force_complete"
	ActionUndo          ActionName = "undo"
	ActionNote          ActionName = "note"
	ActionDelete        ActionName = "delete"
	ActionAdvanceTo     ActionName = "advance_to"
	ActionOverride      ActionName = "override"
	ActionClearOverride ActionName = "clear_override"
	ActionWaive         ActionName = "waive"
	ActionComplete      ActionName = "complete"
)

// Action is a command, and whether a unit accepts it.
type Action struct {
	Name ActionName
	// StepID is the step that the command names, nil if it names none.
	StepID *string
	// TargetIndex is the index to which AdvanceTo moves the unit. It is nil for the other commands.
	TargetIndex *int
	Command     Command
	// Err is the error with which the command would be refused, nil if it would be carried out.
	Err error
}

// Actions returns every command with whether the unit accepts it: first the commands for the unit as a whole, then, for each
// step of the path in order, those that name the step, and last the move that completes the unit. Undo and deletion are the
// commands that the store has completed with what it knows about the unit.
func Actions(path *Path, unit Unit, undo Undo, deletion Delete) []Action {
	actions := []Action{
		{Name: ActionAdvance, Command: Advance{}},
		{Name: ActionSkip, Command: Advance{Skip: true}},
		{Name: ActionScrap, Command: Scrap{}},
		{Name: ActionForceComplete, Command: ForceComplete{}},
		{Name: ActionUndo, Command: undo},
		{Name: ActionNote, Command: Note{}},
		{Name: ActionDelete, Command: deletion},
	}
	for i := range path.Steps {
		id := path.Steps[i].ID
		actions = append(actions,
			Action{Name: ActionAdvanceTo, StepID: &id, TargetIndex: &i, Command: AdvanceTo{StepID: &id}},
			Action{Name: ActionOverride, StepID: &id, Command: Override{StepID: id}},
			Action{Name: ActionClearOverride, StepID: &id, Command: ClearOverride{StepID: id}},
			Action{Name: ActionWaive, StepID: &id, Command: Waive{StepID: id}},
			Action{Name: ActionComplete, StepID: &id, Command: CompleteStep{StepID: id}},
		)
	}
	end := len(path.Steps)
	actions = append(actions, Action{Name: ActionAdvanceTo, TargetIndex: &end, Command: AdvanceTo{StepIndex: &end}})
	for i := range actions {
		_, actions[i].Err = Apply(actions[i].Command, path, unit, Actor{})
	}
	return actions
}
