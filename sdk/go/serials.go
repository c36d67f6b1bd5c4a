package routecard

import (
	"context"
	"iter"

	"github.com/routecard/routecard/gen/client"
)

// CreateSerials puts units on a path, at its first step, and returns them in the order of their numbers.
func (c *Client) CreateSerials(ctx context.Context, units SerialsCreate, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.do(ctx, options)(client.NewCreateSerialsRequest(c.server, nil, units)))
}

// ListSerials returns the units that match, newest first: all of them, or one page with a limit.
func (c *Client) ListSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) ([]Serial, error) {
	return decode[[]Serial](c.do(ctx, options)(client.NewListSerialsRequest(c.server, params)))
}

// AllSerials iterates over the units that match, newest first, page by page.
func (c *Client) AllSerials(ctx context.Context, params *ListSerialsParams, options ...CallOption) iter.Seq2[Serial, error] {
	return all[Serial](ctx, c, options)(client.NewListSerialsRequest(c.server, params))
}

// GetSerial returns a unit and what has become of each step of its path.
func (c *Client) GetSerial(ctx context.Context, id SerialID, options ...CallOption) (*SerialDetail, error) {
	return decode[*SerialDetail](c.do(ctx, options)(client.NewGetSerialRequest(c.server, id)))
}

// AdvanceSerial moves a unit to its next step, or completes it when it stands at the last one.
func (c *Client) AdvanceSerial(ctx context.Context, id SerialID, move SerialAdvance, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewAdvanceSerialRequest(c.server, id, nil, move)))
}

// AdvanceSerialTo moves a unit forward past steps, by the rules of its path's advancement mode.
func (c *Client) AdvanceSerialTo(ctx context.Context, id SerialID, move SerialAdvanceTo, options ...CallOption) (*AdvanceToResult, error) {
	return decode[*AdvanceToResult](c.do(ctx, options)(client.NewAdvanceSerialToRequest(c.server, id, nil, move)))
}

// ScrapSerial takes a unit out of production for good.
func (c *Client) ScrapSerial(ctx context.Context, id SerialID, scrap SerialScrap, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewScrapSerialRequest(c.server, id, nil, scrap)))
}

// ForceCompleteSerial completes a unit though required steps are open.
func (c *Client) ForceCompleteSerial(ctx context.Context, id SerialID, force SerialForceComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewForceCompleteSerialRequest(c.server, id, nil, force)))
}

// UndoSerial takes back a unit's last change, as a new event.
func (c *Client) UndoSerial(ctx context.Context, id SerialID, undo SerialUndo, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewUndoSerialRequest(c.server, id, nil, undo)))
}

// AdvanceSerials moves many units to their next step. In the mode [PerItem] look at each result: some may have failed.
func (c *Client) AdvanceSerials(ctx context.Context, move SerialsAdvance, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewAdvanceSerialsRequest(c.server, nil, move)))
}

// ScrapSerials takes many units out of production. In the mode [PerItem] look at each result: some may have failed.
func (c *Client) ScrapSerials(ctx context.Context, scrap SerialsScrap, options ...CallOption) (*BulkResult, error) {
	return decode[*BulkResult](c.do(ctx, options)(client.NewScrapSerialsRequest(c.server, nil, scrap)))
}

// OverrideStep makes a step optional for one unit, until it has been passed.
func (c *Client) OverrideStep(ctx context.Context, id SerialID, step StepID, override StepOverride, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewOverrideStepRequest(c.server, id, step, nil, override)))
}

// ClearStepOverride takes back an override.
func (c *Client) ClearStepOverride(ctx context.Context, id SerialID, step StepID, options ...CallOption) error {
	_, err := c.do(ctx, options)(client.NewClearStepOverrideRequest(c.server, id, step, nil))
	return err
}

// WaiveStep excuses a deferred step: the unit may be completed without it.
func (c *Client) WaiveStep(ctx context.Context, id SerialID, step StepID, waiver StepWaive, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewWaiveStepRequest(c.server, id, step, nil, waiver)))
}

// CompleteStep reports a deferred step as done after all.
func (c *Client) CompleteStep(ctx context.Context, id SerialID, step StepID, done StepComplete, options ...CallOption) (*Serial, error) {
	return decode[*Serial](c.do(ctx, options)(client.NewCompleteStepRequest(c.server, id, step, nil, done)))
}
