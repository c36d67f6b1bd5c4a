package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// CreateSerials creates units at the first step of a path and returns them in the order of their serial numbers.
func (c *Client) CreateSerials(ctx context.Context, units SerialsCreate, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.do(ctx, options)(client.NewCreateSerialsRequest(c.server, nil, units)))
}

// ListSerials returns the units that match params, newest first: all of them, or one page if params.Limit is set.
func (c *Client) ListSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.do(ctx, options)(client.NewListSerialsRequest(c.server, params)))
}

// AllSerials iterates over the units that match params, newest first, page by page.
func (c *Client) AllSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) iter.Seq2[Serial, error] {
	return all[Serial](ctx, c, options)(client.NewListSerialsRequest(c.server, params))
}

// GetSerial returns a unit with its job, its path, its state at each step, and the commands that it accepts.
func (c *Client) GetSerial(ctx context.Context, id SerialID, options ...CallOption) (*SerialDetail, error) {
	return decode[*SerialDetail](c.do(ctx, options)(client.NewGetSerialRequest(c.server, id)))
}

// AdvanceSerial moves a unit to its next step, or completes the unit if it is at the last step. It returns the unit.
func (c *Client) AdvanceSerial(ctx context.Context, id SerialID, move SerialAdvance, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewAdvanceSerialRequest(c.server, id, nil, move)))
}

// AdvanceSerialTo moves a unit forward to a later step, if the advancement mode of its path allows that.
func (c *Client) AdvanceSerialTo(ctx context.Context, id SerialID, move SerialAdvanceTo, options ...CallOption) (*AdvanceToResult, error) {
	return decode[*AdvanceToResult](c.do(ctx, options)(client.NewAdvanceSerialToRequest(c.server, id, nil, move)))
}

// ScrapSerial removes a unit from production permanently and returns it.
func (c *Client) ScrapSerial(ctx context.Context, id SerialID, scrap SerialScrap, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewScrapSerialRequest(c.server, id, nil, scrap)))
}

// ForceCompleteSerial completes a unit although required steps are open, and returns it.
func (c *Client) ForceCompleteSerial(ctx context.Context, id SerialID, force SerialForceComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewForceCompleteSerialRequest(c.server, id, nil, force)))
}

// UndoSerial reverts a unit's last change and returns the unit. This adds an event; the event of the change remains.
func (c *Client) UndoSerial(ctx context.Context, id SerialID, undo SerialUndo, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewUndoSerialRequest(c.server, id, nil, undo)))
}

// AdvanceSerials moves many units to their next step. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AdvanceSerials(ctx context.Context, move SerialsAdvance, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewAdvanceSerialsRequest(c.server, nil, move)))
}

// ScrapSerials scraps many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) ScrapSerials(ctx context.Context, scrap SerialsScrap, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewScrapSerialsRequest(c.server, nil, scrap)))
}

// AdvanceSerialsTo moves many units forward to a later step. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AdvanceSerialsTo(ctx context.Context, move SerialsAdvanceTo, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewAdvanceSerialsToRequest(c.server, nil, move)))
}

// OverrideSteps makes a step optional for many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) OverrideSteps(ctx context.Context, override SerialsOverride, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewOverrideStepsRequest(c.server, nil, override)))
}

// UndoSerials reverts the last change of many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) UndoSerials(ctx context.Context, undo SerialsUndo, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewUndoSerialsRequest(c.server, nil, undo)))
}

// AddSerialNote adds a note to the history of a unit and returns the unit.
func (c *Client) AddSerialNote(ctx context.Context, id SerialID, note SerialNote, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewAddSerialNoteRequest(c.server, id, nil, note)))
}

// AddSerialNotes adds the same note to many units. In mode [PerItem] some may fail: check each item of the result.
func (c *Client) AddSerialNotes(ctx context.Context, note SerialsNote, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewAddSerialNotesRequest(c.server, nil, note)))
}

// DeleteSerial deletes a unit that has never moved. Its serial number is not used again.
func (c *Client) DeleteSerial(ctx context.Context, id SerialID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewDeleteSerialRequest(c.server, id, nil))
	return err
}

// OverrideStep makes a step optional for one unit, until the unit has passed the step. It returns the unit.
func (c *Client) OverrideStep(ctx context.Context, id SerialID, step StepID, override StepOverride, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewOverrideStepRequest(c.server, id, step, nil, override)))
}

// ClearStepOverride removes the override of a step for one unit.
func (c *Client) ClearStepOverride(ctx context.Context, id SerialID, step StepID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewClearStepOverrideRequest(c.server, id, step, nil))
	return err
}

// WaiveStep waives a deferred step, so that the unit can be completed without it. It returns the unit.
func (c *Client) WaiveStep(ctx context.Context, id SerialID, step StepID, waiver StepWaive, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewWaiveStepRequest(c.server, id, step, nil, waiver)))
}

// CompleteStep marks a deferred step as completed and returns the unit.
func (c *Client) CompleteStep(ctx context.Context, id SerialID, step StepID, done StepComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewCompleteStepRequest(c.server, id, step, nil, done)))
}
