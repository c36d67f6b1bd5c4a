package routecard

import (
	"context"
	"iter"
)

// CreateSerials creates units at the first step of a path and returns them in the order of their serial numbers.
func (c *Client) CreateSerials(ctx context.Context, units SerialsCreate, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.post(ctx, options, units, "serials"))
}

// ListSerials returns the units that match params, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.get(ctx, options, params, "serials"))
}

// AllSerials iterates over the units that match params, newest first, page by page.
func (c *Client) AllSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) iter.Seq2[Serial, error] {
	return all[Serial](ctx, c, options, params, "serials")
}

// GetSerial returns a unit with its job, its path, its state at each step, and the commands that it accepts.
func (c *Client) GetSerial(ctx context.Context, id SerialID, options ...CallOption) (*SerialDetail, error) {
	return decode[*SerialDetail](c.get(ctx, options, nil, "serials", id))
}

// AdvanceSerial moves a unit to its next step, or completes the unit if it is at the last step. It returns the unit.
func (c *Client) AdvanceSerial(ctx context.Context, id SerialID, move SerialAdvance, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, move, "serials", id, "advance"))
}

// AdvanceSerialTo moves a unit forward to a later step, if the advancement mode of its path allows that.
func (c *Client) AdvanceSerialTo(ctx context.Context, id SerialID, move SerialAdvanceTo, options ...CallOption) (*AdvanceToResult, error) {
	return decode[*AdvanceToResult](c.post(ctx, options, move, "serials", id, "advance-to"))
}

// ScrapSerial takes a unit out of production and returns it. Only [Client.UndoSerial] can put it back.
func (c *Client) ScrapSerial(ctx context.Context, id SerialID, scrap SerialScrap, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, scrap, "serials", id, "scrap"))
}

// ForceCompleteSerial completes a unit although required steps are open, and returns it.
func (c *Client) ForceCompleteSerial(ctx context.Context, id SerialID, force SerialForceComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, force, "serials", id, "force-complete"))
}

// UndoSerial reverts a unit's last change and returns the unit. This adds an event; the event of the change remains.
func (c *Client) UndoSerial(ctx context.Context, id SerialID, undo SerialUndo, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, undo, "serials", id, "undo"))
}

// AdvanceSerials moves many units to their next step. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AdvanceSerials(ctx context.Context, move SerialsAdvance, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, move, "serials", "advance"))
}

// ScrapSerials scraps many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) ScrapSerials(ctx context.Context, scrap SerialsScrap, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, scrap, "serials", "scrap"))
}

// AdvanceSerialsTo moves many units forward to a later step. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AdvanceSerialsTo(ctx context.Context, move SerialsAdvanceTo, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, move, "serials", "advance-to"))
}

// OverrideSteps makes a step optional for many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) OverrideSteps(ctx context.Context, override SerialsOverride, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, override, "serials", "override"))
}

// UndoSerials reverts the last change of many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) UndoSerials(ctx context.Context, undo SerialsUndo, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, undo, "serials", "undo"))
}

// AddSerialNote adds a note to the history of a unit and returns the unit.
func (c *Client) AddSerialNote(ctx context.Context, id SerialID, note SerialNote, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, note, "serials", id, "notes"))
}

// AddSerialNotes adds the same note to many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AddSerialNotes(ctx context.Context, note SerialsNote, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.post(ctx, options, note, "serials", "notes"))
}

// DeleteSerial deletes a unit that has never moved. Its serial number is not used again.
func (c *Client) DeleteSerial(ctx context.Context, id SerialID, options ...CallOption) error {
	return c.delete(ctx, options, "serials", id)
}

// OverrideStep makes a step optional for one unit, until the unit has passed the step. It returns the unit.
func (c *Client) OverrideStep(ctx context.Context, id SerialID, step StepID, override StepOverride, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, override, "serials", id, "steps", step, "override"))
}

// ClearStepOverride removes the override of a step for one unit.
func (c *Client) ClearStepOverride(ctx context.Context, id SerialID, step StepID, options ...CallOption) error {
	return c.delete(ctx, options, "serials", id, "steps", step, "override")
}

// WaiveStep waives a deferred step, so that the unit can be completed without it. It returns the unit.
func (c *Client) WaiveStep(ctx context.Context, id SerialID, step StepID, waiver StepWaive, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, waiver, "serials", id, "steps", step, "waive"))
}

// CompleteStep marks a deferred step as completed and returns the unit.
func (c *Client) CompleteStep(ctx context.Context, id SerialID, step StepID, done StepComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.post(ctx, options, done, "serials", id, "steps", step, "complete"))
}
