package routecard_test

import (
	"context"
	"errors"
	"fmt"

	routecard "github.com/routecard/routecard/sdk/go"
)

func Example() {
	c, stop := open()
	defer stop()
	ctx := context.Background()

	job, err := c.CreateJob(ctx, routecard.JobCreate{
		Name: "JOB-2024-001", GoalQuantity: 50, JiraTicketKey: new("PI-42"), JiraLabels: &[]string{"Q1-2024", "rush"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := c.CreatePath(ctx, routecard.PathCreate{
		JobID: job.ID, Name: "Main Route", GoalQuantity: 50,
		Steps: []routecard.StepCreate{{Name: "CNC Machining", Location: new("Bay 3")}, {Name: "Deburring"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	units, err := c.CreateSerials(ctx, routecard.SerialsCreate{PathID: path.ID, Quantity: new(3)})
	if err != nil {
		fmt.Println(err)
		return
	}
	moved, err := c.AdvanceSerial(ctx, units[0].ID, routecard.SerialAdvance{UserID: new("maria")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(moved.ID, "stands at", path.Steps[moved.CurrentStepIndex].Name)
	// Output: SN-00001 stands at Deburring
}

// The error of an invalid request lists every invalid field.
func ExampleError() {
	c, stop := open()
	defer stop()

	_, err := c.CreateJob(context.Background(), routecard.JobCreate{GoalQuantity: -1})
	if failure, ok := errors.AsType[*routecard.Error](err); ok {
		fmt.Println(failure.StatusCode, failure.Message)
		for _, field := range failure.Errors {
			fmt.Println("-", field.Field+":", field.Message)
		}
	}
	_, err = c.GetJob(context.Background(), "job_0")
	fmt.Println(routecard.IsNotFound(err), err)
	// Output:
	// 400 name is required
	// - name: name is required
	// - goalQuantity: goalQuantity must be greater than 0
	// true 404 Job not found: job_0
}

// An update with IfMatch does not overwrite a change that was made since the resource was read.
func ExampleIfMatch() {
	c, stop := open()
	defer stop()
	ctx := context.Background()

	var version string
	job, err := c.CreateJob(ctx, routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}, routecard.ReadETag(&version))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, goal := range []int64{60, 70} { // the second update still has the version from before the first
		_, err := c.UpdateJob(ctx, job.ID, routecard.JobUpdate{GoalQuantity: &goal}, routecard.IfMatch(version))
		fmt.Println(routecard.IsChanged(err), err)
	}
	// Output:
	// false <nil>
	// true 412 Job was changed by someone else
}

func ExampleClient_AllJobs() {
	c, stop := open()
	defer stop()
	ctx := context.Background()

	for n := range 5 {
		if _, err := c.CreateJob(ctx, routecard.JobCreate{Name: fmt.Sprintf("JOB-%d", n+1), GoalQuantity: 1}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// A small page size, to show that it makes no difference. Programs leave Limit out.
	for job, err := range c.AllJobs(ctx, &routecard.ListJobsParams{Limit: new(2)}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(job.Name)
	}
	// Output:
	// JOB-5
	// JOB-4
	// JOB-3
	// JOB-2
	// JOB-1
}

func ExampleClient_Events() {
	c, stop := open()
	defer stop()
	ctx := context.Background()

	for _, name := range []string{"JOB-2024-001", "JOB-2024-002"} {
		if _, err := c.CreateJob(ctx, routecard.JobCreate{Name: name, GoalQuantity: 50}); err != nil {
			fmt.Println(err)
			return
		}
	}
	var last int64 // store it, to continue after a restart
	for event, err := range c.Events(ctx, &routecard.ListEventsParams{After: &last, Type: &[]string{"job.created"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(event.Type, "by", event.UserID)
		if last = event.Seq; last == 2 {
			break
		}
	}
	// Output:
	// job.created by anonymous
	// job.created by anonymous
}

func ExampleNull() {
	c, stop := open()
	defer stop()
	ctx := context.Background()

	job, err := c.CreateJob(ctx, routecard.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50})
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := c.CreatePath(ctx, routecard.PathCreate{
		JobID: job.ID, Name: "Main Route", GoalQuantity: 50,
		Steps: []routecard.StepCreate{{Name: "CNC Machining", AssignedTo: new("maria")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	step, err := c.UpdateStep(ctx, path.Steps[0].ID, routecard.StepUpdate{
		Location:   routecard.Value("Bay 4"),
		AssignedTo: routecard.Null[string](),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*step.Location, step.AssignedTo == nil)
	// Output: Bay 4 true
}
