package routecard

import (
	"context"
)

// GetThroughput returns how many units were created, completed, and scrapped in each hour, day, or week of a period.
func (c *Client) GetThroughput(ctx context.Context, params *GetThroughputParams, options ...CallOption) (*Throughput, error) {
	return decode[*Throughput](c.get(ctx, options, params, "insights", "throughput"))
}

// GetStepTimes returns for each step how many units entered and left it in a period, and how long they were there.
func (c *Client) GetStepTimes(ctx context.Context, params *GetStepTimesParams, options ...CallOption) (*StepTimes, error) {
	return decode[*StepTimes](c.get(ctx, options, params, "insights", "steps"))
}

// GetScrap returns how many units were scrapped in a period, by reason and step.
func (c *Client) GetScrap(ctx context.Context, params *GetScrapParams, options ...CallOption) (*Scrap, error) {
	return decode[*Scrap](c.get(ctx, options, params, "insights", "scrap"))
}

// GetForecast returns when a job will reach its goal if it continues as in the last 14 days.
func (c *Client) GetForecast(ctx context.Context, params *GetForecastParams, options ...CallOption) (*Forecast, error) {
	return decode[*Forecast](c.get(ctx, options, params, "insights", "forecast"))
}
