// Command ogen tells the story of one job with the client that ogen makes from the contract.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/routecard/routecard/tools/generators/generated/ogen"
)

func main() {
	log.SetFlags(0)
	if err := story(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func story(ctx context.Context, url string) error {
	client, err := ogen.NewClient(url, open{})
	if err != nil {
		return err
	}

	job, err := must[*ogen.CreatedJobHeaders](client.CreateJob(ctx, &ogen.JobCreate{Name: "JOB-2024-001", GoalQuantity: 50}, ogen.CreateJobParams{}))
	if err != nil {
		return err
	}
	jobID := job.Response.ID
	fmt.Printf("%s: %d units\n", job.Response.Name, job.Response.GoalQuantity)

	path, err := must[*ogen.CreatedPathHeaders](client.CreatePath(ctx, &ogen.PathCreate{
		JobId: string(jobID), Name: "Main Route", GoalQuantity: 50,
		Steps: []ogen.StepCreate{{Name: "Saw"}, {Name: "CNC Machining"}, {Name: "Deburring"}, {Name: "Inspection"}},
	}, ogen.CreatePathParams{}))
	if err != nil {
		return err
	}
	var steps []string
	for _, step := range path.Response.Steps {
		steps = append(steps, step.Name)
	}
	fmt.Printf("%s: %s\n", path.Response.Name, strings.Join(steps, ", "))

	units, err := must[*ogen.CreatedSerialsHeaders](client.CreateSerials(ctx, &ogen.SerialsCreate{
		PathId: string(path.Response.ID), Quantity: ogen.NewOptInt(2),
	}, ogen.CreateSerialsParams{}))
	if err != nil {
		return err
	}
	first, second := units.Response[0].ID, units.Response[1].ID
	fmt.Printf("units: %s, %s\n", first, second)

	advance := &ogen.SerialAdvance{FromStepIndex: ogen.NewOptInt(0), UserId: ogen.NewOptUserId("maria")}
	moved, err := must[*ogen.SerialHeaders](client.AdvanceSerial(ctx, advance, ogen.AdvanceSerialParams{SerialId: first}))
	if err != nil {
		return err
	}
	fmt.Printf("%s is at %s\n", moved.Response.ID, moved.Response.CurrentStepName.Value)

	events, err := must[*ogen.EventListHeaders](client.ListEvents(ctx, ogen.ListEventsParams{SerialId: ogen.NewOptString(string(first))}))
	if err != nil {
		return err
	}
	for _, event := range events.Response {
		// The type of an event says which of its fields is set.
		switch event.Type {
		case ogen.SerialCreatedEventEvent:
			fmt.Printf("%s: %s\n", event.Type, event.SerialCreatedEvent.Data.StepName)
		case ogen.EventSerialAdvancedEvent:
			data := event.SerialMovedEvent.Data
			fmt.Printf("%s: %s to %s\n", event.Type, data.FromStepName, data.ToStepName.Value)
		default:
			return fmt.Errorf("unexpected event %s", event.Type)
		}
	}

	read, err := must[*ogen.JobDetailHeaders](client.GetJob(ctx, ogen.GetJobParams{JobId: jobID}))
	if err != nil {
		return err
	}
	update := &ogen.JobUpdate{GoalQuantity: ogen.NewOptGoalQuantity(60)}
	ifMatch := ogen.UpdateJobParams{JobId: jobID, IfMatch: ogen.NewOptString(read.ETag)}
	updated, err := must[*ogen.UpdateJobOKHeaders](client.UpdateJob(ctx, update, ifMatch))
	if err != nil {
		return err
	}
	fmt.Printf("goal: %d\n", updated.Response.GoalQuantity)
	changed, err := must[*ogen.PreconditionFailedHeaders](client.UpdateJob(ctx, update, ifMatch))
	if err != nil {
		return err
	}
	fmt.Printf("%d: %s\n", changed.Response.StatusCode, changed.Response.Message)
	refused, err := must[*ogen.AdvanceSerialConflict](client.AdvanceSerial(ctx, advance, ogen.AdvanceSerialParams{SerialId: first}))
	if err != nil {
		return err
	}
	fmt.Printf("%d: %s\n", refused.Response.StatusCode, refused.Response.Message)

	scrapped, err := must[*ogen.SerialHeaders](client.ScrapSerial(ctx, &ogen.SerialScrap{Reason: ogen.ScrapReasonDamaged}, ogen.ScrapSerialParams{SerialId: second}))
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s, %s\n", scrapped.Response.ID, scrapped.Response.Status, scrapped.Response.ScrapReason.Value)

	closed, err := must[*ogen.JobHeaders](client.CloseJob(ctx, &ogen.JobClose{Reason: ogen.NewOptString("Shipped")}, ogen.CloseJobParams{JobId: jobID}))
	if err != nil {
		return err
	}
	fmt.Printf("closed: %t, %s\n", closed.Response.ClosedAt.IsSet(), closed.Response.CloseReason.Value)
	return nil
}

// must returns the response as the type T. It returns an error for a response of another type.
func must[T any](response any, err error) (T, error) {
	as, ok := response.(T)
	if err == nil && !ok {
		err = fmt.Errorf("the response is a %T: %+v", response, response)
	}
	return as, err
}

// open is the security of a server without API keys.
type open struct{}

func (open) ApiKey(context.Context, ogen.OperationName) (ogen.ApiKey, error) {
	return ogen.ApiKey{}, nil
}
