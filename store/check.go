package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gorm.io/gorm"

	"github.com/routecard/routecard/internal/replay"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/rows"
)

const (
	// maxFaults is the maximum number of faults in a report.
	maxFaults = 100
	// sealPage is how many seals are read at a time.
	sealPage = 1000
)

// Report is the result of [Store.Check].
type Report struct {
	// Faults has one sentence for each of the first 100 faults.
	Faults []string
	// MoreFaults is the number of further faults.
	MoreFaults int
	// Events is the number of events.
	Events int64
	// Unsealed is the number of events after the newest seal.
	Unsealed int64
	// Seal is the newest seal. Its Number is 0 if there is no seal.
	Seal models.Seal
}

func (r *Report) add(format string, arguments ...any) {
	if len(r.Faults) == maxFaults {
		r.MoreFaults++
		return
	}
	r.Faults = append(r.Faults, fmt.Sprintf(format, arguments...))
}

// Check looks for faults: a damaged file, references to rows that do not exist, seals that do not match their events, and jobs,
// paths, steps, places, units, moves, and counts of quarter hours that differ from a replay of all events. It reads a snapshot of the
// database, has no time limit, and keeps the replayed state in memory. Package replay shares no code with the code that writes.
func (s *Store) Check(ctx context.Context) (Report, error) {
	var report Report
	err := s.db.LongSnapshot(ctx, func(db *gorm.DB) error {
		report = Report{}
		damage, err := s.db.Damage(db)
		if err != nil {
			return err
		}
		for _, sentence := range damage {
			report.add("%s", sentence)
		}
		if err := checkLabels(db, &report); err != nil {
			return err
		}
		state := replay.New()
		if err := checkEvents(db, &report, state); err != nil {
			return err
		}
		return checkState(db, &report, state)
	})
	if err != nil && len(report.Faults) > 0 {
		report.add("the check could not be finished: %v", err)
		err = nil
	}
	return report, err
}

// checkLabels looks for labels of jobs that do not exist: no constraint of the database protects the reference, and the events
// do not show labels.
func checkLabels(db *gorm.DB, report *Report) error {
	var ids []string
	err := db.Raw("SELECT DISTINCT l.job_id FROM job_labels l LEFT JOIN jobs j ON j.id = l.job_id WHERE j.id IS NULL ORDER BY l.job_id").
		Scan(&ids).Error
	for _, id := range ids {
		report.add("a label is kept for %s, which does not exist", id)
	}
	return err
}

// checkEvents reads all events in their order, applies them to the state, and compares them with the seals.
func checkEvents(db *gorm.DB, report *Report, state *replay.Replay) error {
	block := newBlock(models.Seal{})
	after := int64(math.MinInt64) // a number below 1 is a fault
	for {
		var seals []models.Seal
		if err := db.Where("number > ?", report.Seal.Number).Order("number").Limit(sealPage).Find(&seals).Error; err != nil {
			return err
		}
		query := db.Where("seq > ?", after).Order("seq")
		if len(seals) > 0 {
			// The events after the last seal of this page belong to the next page.
			for i := range seals {
				after = max(after, seals[i].LastSeq)
			}
			query = query.Where("seq <= ?", after)
		}
		pending := seals
		err := rows.Each(query, func(event *models.Event) error {
			report.Events++
			for _, problem := range state.Apply(toReplay(event)) {
				report.add("%s", problem)
			}
			for len(pending) > 0 && pending[0].LastSeq < event.Seq {
				report.compareSeal(block, pending[0])
				pending = pending[1:]
			}
			return block.add(event)
		})
		if err != nil {
			return err
		}
		for _, seal := range pending {
			report.compareSeal(block, seal)
		}
		if len(seals) == 0 {
			report.Unsealed = block.sealed.Events
			return nil
		}
	}
}

// compareSeal compares a seal with the events since the previous seal, and begins the block that follows.
func (r *Report) compareSeal(block *block, stored models.Seal) {
	found := block.seal()
	where := fmt.Sprintf("seal %d of events %d to %d", stored.Number, stored.FirstSeq, stored.LastSeq)
	switch {
	case found.Number != stored.Number:
		r.add("before %s, %d seal(s) are missing: nothing proves the events %d to %d",
			where, stored.Number-found.Number, r.Seal.LastSeq+1, stored.LastSeq)
	case found.Events < stored.Events:
		r.add("%s counts %d event(s), and %d of them are missing", where, stored.Events, stored.Events-found.Events)
	case found.Events > stored.Events:
		r.add("%s counts %d event(s), and there are %d", where, stored.Events, found.Events)
	case found.Hash != stored.Hash || found.FirstSeq != stored.FirstSeq || found.LastSeq != stored.LastSeq:
		r.add("%s does not match them: an event or the seal was altered", where)
	}
	r.Seal = stored
	block.begin(stored)
}

func toReplay(event *models.Event) replay.Event {
	return replay.Event{
		Seq: event.Seq, ID: event.ID, Type: string(event.Type), At: event.At.String(), UserID: event.UserID,
		JobID: valueOf(event.JobID), PathID: valueOf(event.PathID), SerialID: valueOf(event.SerialNumber),
		StepID: valueOf(event.StepID), Data: json.RawMessage(event.Data), OccurredAt: timeOf(event.OccurredAt),
	}
}

// timeOf returns the time as the API shows it, or "" for nil.
func timeOf(at *models.Millis) string {
	if at == nil {
		return ""
	}
	return at.String()
}

// checkState compares the stored jobs, paths, and units with the replayed ones.
func checkState(db *gorm.DB, report *Report, state *replay.Replay) error {
	if err := compareRows(db, report, "job", sortedIDs(state.Jobs(), func(j replay.Job) string { return j.ID }),
		func(job *models.Job) string { return job.ID },
		func(job *models.Job) { report.compareJob(job, state) }); err != nil {
		return err
	}
	steps := map[string][]models.Step{}
	if err := rows.Each(db.Order("path_id, position, no"), func(step *models.Step) error {
		steps[step.PathID] = append(steps[step.PathID], *step)
		return nil
	}); err != nil {
		return err
	}
	if err := checkPlaces(db, report, state); err != nil {
		return err
	}
	if err := checkMoves(db, report, state); err != nil {
		return err
	}
	paths := map[string]*models.Path{}
	if err := compareRows(db, report, "path", sortedIDs(state.Paths(), func(p replay.Path) string { return p.ID }),
		func(path *models.Path) string { return path.ID },
		func(path *models.Path) {
			known := *path
			for _, step := range steps[path.ID] {
				if step.Index != nil {
					known.Steps = append(known.Steps, step)
				} else {
					report.differs("removed step", step.ID, "unit count", step.PartCount, int64(0))
					report.differs("removed step", step.ID, "rank", valueOf(step.JobRank), "")
					report.differs("removed step", step.ID, "number of units to create", step.ToCreate, int64(0))
				}
			}
			paths[path.ID] = &known
			report.comparePath(&known, state)
		}); err != nil {
		return err
	}
	units := db.Table("(?) AS serials", db.Table("serials AS s").Select("s.*, "+
		"(SELECT max(e.seq) FROM events e WHERE e.serial_id = s.id AND e.id = s.last_event_id) AS last_event_seq"))
	return compareRows(units, report, "serial number", sortedIDs(state.Units(), func(u replay.Unit) string { return u.ID }),
		func(unit *storedUnit) string { return unit.SerialNumber },
		func(unit *storedUnit) { report.compareUnit(unit, paths[unit.PathID], state) })
}

// sortedIDs returns the ids of things in the order in which both databases sort ids.
func sortedIDs[Thing any](things func(func(Thing) bool), idOf func(Thing) string) []string {
	var ids []string
	for thing := range things {
		ids = append(ids, idOf(thing))
	}
	slices.Sort(ids)
	return ids
}

// compareRows calls compare with each row whose id is wanted, and reports the other rows and the ids without a row.
func compareRows[Row any](query *gorm.DB, report *Report, kind string, wanted []string, idOf func(*Row) string, compare func(*Row)) error {
	missing := func(id string) { report.add("%s %s does not exist, and by its events it does", kind, id) }
	err := rows.Each(query.Order("id"), func(row *Row) error {
		id := idOf(row)
		for len(wanted) > 0 && wanted[0] < id {
			missing(wanted[0])
			wanted = wanted[1:]
		}
		if len(wanted) == 0 || wanted[0] != id {
			report.add("%s %s exists, and by the events it does not", kind, id)
			return nil
		}
		wanted = wanted[1:]
		compare(row)
		return nil
	})
	if err != nil {
		// The rows that were not read may exist.
		return err
	}
	for _, id := range wanted {
		missing(id)
	}
	return nil
}

// differs reports a stored value that is different from the replayed value.
func (r *Report) differs(kind, id, field string, stored, replayed any) {
	if stored != replayed {
		r.add("the %s of %s %s is %s, and by its events it is %s", field, kind, id, shown(stored), shown(replayed))
	}
}

// shown returns a value for a sentence.
func shown(value any) string {
	if value == nil || value == "" {
		return "not set"
	}
	return fmt.Sprint(value)
}

// valueOf returns the text, or "" for nil.
func valueOf[Text ~string](text *Text) string {
	if text == nil {
		return ""
	}
	return string(*text)
}

func (r *Report) compareJob(job *models.Job, state *replay.Replay) {
	want, _ := state.Job(job.ID)
	differs := func(field string, stored, replayed any) { r.differs("job", job.ID, field, stored, replayed) }
	differs("name", job.Name, want.Name)
	differs("goal quantity", job.GoalQuantity, want.GoalQuantity)
	differs("due date", valueOf(job.DueDate), valueOf(want.DueDate))
	differs("priority", valueOf(job.Priority), valueOf(want.Priority))
	differs("notes", valueOf(job.Notes), valueOf(want.Notes))
	differs("external id", valueOf(job.ExternalID), valueOf(want.ExternalID))
	differs("closing time", timeOf(job.ClosedAt), want.ClosedAt)
	differs("reason of the closing", valueOf(job.CloseReason), want.CloseReason)
	differs("version", job.Version, want.Version)
	// Nothing but the lists of jobs reads this.
	differs("urgency", job.Urgency, job.UrgencyText())
}

func (r *Report) comparePath(path *models.Path, state *replay.Replay) {
	want, _ := state.Path(path.ID)
	differs := func(field string, stored, replayed any) { r.differs("path", path.ID, field, stored, replayed) }
	differs("job", path.JobID, want.JobID)
	differs("name", path.Name, want.Name)
	differs("goal quantity", path.GoalQuantity, want.GoalQuantity)
	differs("advancement mode", string(path.AdvancementMode), want.AdvancementMode)
	differs("version", path.Version, want.Version)
	job, _ := state.Job(want.JobID)
	differs("mark of a closed job", path.JobClosed, job.ClosedAt != "")
	differs("number of units in progress", path.InProgress, want.InProgress)
	differs("number of completed units", path.Completed, want.Completed)
	differs("number of scrapped units", path.Scrapped, want.Scrapped)
	differs("number of steps", len(path.Steps), len(want.Steps))
	if len(path.Steps) != len(want.Steps) {
		return
	}
	rank, toCreate := rankOf(job), want.GoalQuantity-want.InProgress-want.Completed
	for i := range path.Steps {
		step, want := &path.Steps[i], &want.Steps[i]
		differs(fmt.Sprintf("step %d", i+1), step.ID, want.ID)
		if step.ID != want.ID {
			continue
		}
		differs := func(field string, stored, replayed any) { r.differs("step", step.ID, field, stored, replayed) }
		differs("position", *step.Index+1, i+1)
		differs("name", step.Name, want.Name)
		differs("location", valueOf(step.Location), valueOf(want.Location))
		differs("assignee", valueOf(step.AssignedTo), valueOf(want.AssignedTo))
		differs("optional flag", step.Optional, want.Optional)
		differs("dependency type", string(step.DependencyType), want.DependencyType)
		differs("unit count", step.PartCount, want.PartCount)
		differs("rank", valueOf(step.JobRank), rank)
		differs("number of units to create", step.ToCreate, toCreate)
		toCreate = 0
		differs("mark of work", step.HasWork, step.PartCount > 0 || step.ToCreate > 0)
		differs("number of units that have done it", step.DoneCount, want.DoneCount)
	}
}

// rankOf returns the rank of a replayed job, "" if the job is closed.
func rankOf(job replay.Job) string {
	if job.ClosedAt != "" {
		return ""
	}
	ranked := models.Job{ID: job.ID, DueDate: job.DueDate, Priority: (*models.JobPriority)(job.Priority)}
	ranked.Urgency = ranked.UrgencyText()
	return *ranked.Rank()
}

// storedUnit is a unit with the number of its last event, nil if the unit has no such event.
type storedUnit struct {
	models.Unit
	LastEventSeq *int64
}

// lastEvent returns the number of the event that the next undo undoes, 0 if there is none, or -1 if the event does not exist.
func (u *storedUnit) lastEvent() int64 {
	switch {
	case u.LastEventID == nil:
		return 0
	case u.LastEventSeq == nil:
		return -1
	default:
		return *u.LastEventSeq
	}
}

// compareUnit compares a unit. The path is nil if it does not exist.
func (r *Report) compareUnit(unit *storedUnit, path *models.Path, state *replay.Replay) {
	want, _ := state.Unit(unit.SerialNumber)
	differs := func(field string, stored, replayed any) {
		r.differs("serial number", unit.SerialNumber, field, stored, replayed)
	}
	differs("job", unit.JobID, want.JobID)
	differs("path", unit.PathID, want.PathID)
	differs("status", string(unit.Status), string(want.Status))
	differs("current step", valueOf(unit.StepID), want.StepID)
	differs("forced completion", unit.ForceCompleted, want.ForceCompleted)
	differs("reason of the forced completion", valueOf(unit.ForceReason), valueOf(want.ForceReason))
	differs("scrap reason", valueOf(unit.ScrapReason), want.ScrapReason)
	differs("scrap explanation", valueOf(unit.ScrapExplanation), valueOf(want.ScrapExplanation))
	differs("user who ended it", valueOf(unit.EndedBy), want.EndedBy)
	differs("time of its end", timeOf(unit.EndedAt), want.EndedAt)
	differs("version", unit.Version, want.Version)
	differs("creation time", unit.CreatedAt.String(), want.CreatedAt)
	if last := unit.lastEvent(); last != want.LastEvent {
		var replayed string
		if want.LastEvent != 0 {
			replayed = fmt.Sprintf("the event with seq %d", want.LastEvent)
		}
		differs("last event", valueOf(unit.LastEventID), replayed)
	}
	if path == nil || unit.PathID != want.PathID || valueOf(unit.StepID) != want.StepID || string(unit.Status) != string(want.Status) {
		// The statuses of the steps follow from these.
		return
	}
	for i, step := range path.StepsOf(&unit.Unit) {
		if i < len(want.Steps) && step.Step.ID == want.Steps[i].StepID {
			differs("status of step "+step.Step.ID, stepStatus(string(step.Status), step.Overridden),
				stepStatus(string(want.Steps[i].Status), want.Steps[i].Overridden))
		}
	}
}

func stepStatus(status string, overridden bool) string {
	if overridden {
		return status + " (overridden)"
	}
	return status
}
