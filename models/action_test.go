package models

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// actions checks the actions of a unit: each command of the contract is there once for each step, it is allowed exactly if the
// command succeeds, and its reason is the error message of the command. The test builds the commands itself and does not take them
// from the actions.
func (s *shop) actions(t *rapid.T) {
	p := rapid.SampledFrom(s.parts).Draw(t, "part")
	undo, deletion := p.undo(t), Delete{Moved: p.moved}
	reason := "why"
	commands := map[string]Command{
		"advance": Advance{}, "skip": Advance{Skip: true}, "scrap": Scrap{Reason: ReasonOther, Explanation: &reason},
		"force_complete": ForceComplete{Reason: &reason}, "undo": undo, "note": Note{Text: reason}, "delete": deletion,
	}
	for i := range len(s.path.Steps) + 1 {
		id := ""
		if i < len(s.path.Steps) {
			id = s.path.Steps[i].ID
			commands["override "+id] = Override{StepID: id, Reason: reason}
			commands["clear_override "+id] = ClearOverride{StepID: id}
			commands["waive "+id] = Waive{StepID: id, Reason: reason, ApproverID: "lead"}
			commands["complete "+id] = CompleteStep{StepID: id}
		}
		commands[fmt.Sprintf("advance_to %s%d", id, i)] = AdvanceTo{StepIndex: &i}
	}
	for _, action := range Actions(&s.path, p.unit, undo, deletion) {
		name := string(action.Name)
		if action.StepID != nil || action.TargetIndex != nil {
			name += " "
		}
		if action.StepID != nil {
			name += *action.StepID
		}
		if action.TargetIndex != nil {
			name += fmt.Sprint(*action.TargetIndex)
		}
		command, known := commands[name]
		if !known {
			t.Fatalf("the action %s is not expected, or is there twice", name)
		}
		delete(commands, name)
		var refused *Error
		if _, err := Apply(command, &s.path, p.unit, maria); err == nil != (action.Err == nil) ||
			err != nil && (!errors.As(action.Err, &refused) || refused.Message != err.Error()) {
			t.Fatalf("the action %s says %v, and the command %v", name, action.Err, err)
		}
	}
	if len(commands) > 0 {
		t.Fatalf("these actions are missing: %v", commands)
	}
}

// TestActions asks for the actions of units in every state that random commands and edits lead to.
func TestActions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shop := newShop(t)
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			p := rapid.SampledFrom(shop.parts).Draw(t, "part")
			switch rapid.IntRange(0, 5).Draw(t, "change") {
			case 0:
				shop.command(t, p)
			case 1:
				shop.jumpAhead(t, p)
			case 2:
				shop.undo(t, p)
			case 3:
				shop.revise(t)
			default:
				shop.move(t, p)
			}
			shop.actions(t)
		}
	})
}
