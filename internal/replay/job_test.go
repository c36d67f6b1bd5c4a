package replay

import "testing"

// TestClosedJob replays the events of a closed job, and finds each event that a closed job cannot have.
func TestClosedJob(t *testing.T) {
	t.Parallel()
	f := shop(t, "A", "B")
	ofJob := func(eventType string) Event { return Event{Type: "job." + eventType, JobID: "job"} }
	f.contradicts("job job was not closed", ofJob("reopened"), `{}`)
	f.follows(ofJob("updated"), `{"dueDate":"2026-12-01","priority":"high","notes":"x"}`)
	f.follows(ofJob("updated"), `{"notes":"","cleared":["priority"]}`)
	f.follows(ofJob("closed"), `{"reason":"Canceled"}`)
	job, _ := f.replay.Job("job")
	if job.DueDate == nil || *job.DueDate != "2026-12-01" || job.Priority != nil || job.Notes == nil || *job.Notes != "" ||
		job.ClosedAt == "" || job.CloseReason != "Canceled" {
		t.Errorf("the closed job is %+v", job)
	}
	f.contradicts("job job was closed before", ofJob("closed"), `{}`)
	f.contradicts("was changed on job job, which is closed", unitEvent("advanced", "B"), `{"fromStepId":"A","toStepId":"B"}`)
	other := unitEvent("created", "A")
	other.SerialID = "V"
	f.contradicts("was created on job job, which is closed", other, `{"stepName":"A"}`)
	f.follows(ofJob("reopened"), `{}`)
	if job, _ = f.replay.Job("job"); job.ClosedAt != "" || job.CloseReason != "" {
		t.Errorf("the reopened job is %+v", job)
	}
}
