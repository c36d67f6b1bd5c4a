package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ImportFile is the content of an import file.
type ImportFile struct {
	Columns []ImportColumn
	Rows    []ImportRow
}

// ImportColumn is a column of a file.
type ImportColumn struct {
	// Name is the name in the file.
	Name string
	// Field is the name of the field that the column is for, "" for none.
	Field string
}

// ImportRow is one row of a file.
type ImportRow struct {
	// Number is the number of the row in the file, from 1.
	Number int
	// Job has the fields that the row has.
	Job Job
	// Template is the id or the name of the template from which a path is made, nil for none, and Units the number of units on it.
	Template *string
	Units    *int
	// Errors are the faults of the cells themselves. The other fields are then incomplete.
	Errors []CellError
}

// CellError says what is wrong with a cell.
type CellError struct {
	// Column is the name of the column, and Value the text of the cell, cut after 100 characters. Both are "" for a fault that is
	// not that of a cell.
	Column, Value string
	// Reason is a sentence for the user.
	Reason string
}

// maxCellValue is how many characters of a cell an error shows.
const maxCellValue = 100

// CellError returns the error for the cell of a field.
func (f *ImportFile) CellError(field, value, reason string) CellError {
	if utf8.RuneCountInString(value) > maxCellValue {
		value = string([]rune(value)[:maxCellValue])
	}
	// A substring would keep the whole text of the file in memory.
	value = strings.Clone(value)
	for _, column := range f.Columns {
		if column.Field == field {
			return CellError{column.Name, value, reason}
		}
	}
	return CellError{Reason: reason}
}

// OnDuplicate says what happens to a row whose external id a job has.
type OnDuplicate string

// The values of OnDuplicate. By default, the row fails.
const (
	DuplicateFails   OnDuplicate = "error"
	DuplicateSkips   OnDuplicate = "skip"
	DuplicateUpdates OnDuplicate = "update"
)

// ImportOptions say how a file is imported.
type ImportOptions struct {
	// DryRun reports what an import would do, and changes nothing.
	DryRun bool
	// PerItem imports the rows without a fault when others have one.
	PerItem     bool
	OnDuplicate OnDuplicate
}

// ImportStatus is the outcome of a row.
type ImportStatus string

// The statuses of a row. A valid row was not imported because another row failed.
const (
	RowCreated ImportStatus = "created"
	RowUpdated ImportStatus = "updated"
	RowSkipped ImportStatus = "skipped"
	RowFailed  ImportStatus = "failed"
	RowValid   ImportStatus = "valid"
)

// ImportOutcome is the outcome of a row and its job.
type ImportOutcome struct {
	Number int
	Status ImportStatus
	// JobID is the job that was created, or that has the external id. It is "" if there is none.
	JobID  string
	Errors []CellError
}

// ImportReport has the outcome of each row of a file.
type ImportReport struct {
	DryRun   bool
	Columns  []ImportColumn
	Outcomes []ImportOutcome
}

// Count returns the number of rows with the status.
func (r *ImportReport) Count(status ImportStatus) int {
	n := 0
	for i := range r.Outcomes {
		if r.Outcomes[i].Status == status {
			n++
		}
	}
	return n
}

// ImportError is the error of an import that was refused as a whole, because a row failed.
type ImportError struct {
	// Kind is Invalid, or Conflict if the only faults are external ids that jobs have.
	Kind   Kind
	Report ImportReport
}

func (e *ImportError) Error() string {
	failed := e.Report.Count(RowFailed)
	for _, outcome := range e.Report.Outcomes {
		switch {
		case outcome.Status != RowFailed:
		case failed == 1:
			return fmt.Sprintf("Nothing was imported, because row %d failed: %s", outcome.Number, outcome.Errors[0].Reason)
		default:
			return fmt.Sprintf("Nothing was imported, because %d rows failed. The first is row %d: %s",
				failed, outcome.Number, outcome.Errors[0].Reason)
		}
	}
	return "Nothing was imported"
}

// ImportContext is what the rows of a file refer to.
type ImportContext struct {
	// Jobs are the jobs that have the external ids of the file, by these. They have an id, a name, and an external id only.
	Jobs map[string]Job
	// Templates are the templates that the file names, by their ids and by their names.
	Templates map[string][]Template
}

// The largest numbers of steps and units that one import creates.
const (
	maxImportSteps = 100_000
	maxImportUnits = 50_000
)

// Plan decides the status of each row. It returns an ImportError if a row fails, unless PerItem is set. For a dry run it returns
// the report that the import would have, without an error. It returns an Invalid error for too many steps or units.
func (f *ImportFile) Plan(known ImportContext, options ImportOptions) (ImportReport, error) {
	report := ImportReport{DryRun: options.DryRun, Columns: f.Columns, Outcomes: make([]ImportOutcome, len(f.Rows))}
	// numbers has the number of the row by its external id.
	numbers := map[string]int{}
	kind := Conflict
	steps, units := 0, 0
	for i := range f.Rows {
		row := &f.Rows[i]
		outcome := &report.Outcomes[i]
		outcome.Number, outcome.Errors = row.Number, slices.Concat(row.Errors, f.checkTemplate(row, known))
		if external := row.Job.ExternalID; external != nil {
			if earlier, repeated := numbers[*external]; repeated {
				outcome.Errors = append(outcome.Errors, f.CellError("externalId", *external,
					fmt.Sprintf("externalId %s is also in row %d", *external, earlier)))
			} else {
				numbers[*external] = row.Number
			}
			if job, exists := known.Jobs[*external]; exists {
				outcome.JobID = job.ID
			}
		}
		switch {
		case outcome.Errors != nil:
			outcome.Status, outcome.JobID = RowFailed, ""
			kind = Invalid
		case outcome.JobID == "":
			outcome.Status = RowCreated
			if row.Template != nil {
				steps += len(known.Templates[*row.Template][0].Steps)
			}
			units += row.UnitCount()
		case options.OnDuplicate == DuplicateSkips:
			outcome.Status = RowSkipped
		case options.OnDuplicate == DuplicateUpdates:
			outcome.Status = RowUpdated
		default:
			external := *row.Job.ExternalID
			outcome.Errors = []CellError{f.CellError("externalId", external, ExternalIDTakenError(known.Jobs[external]).Message)}
			outcome.Status = RowFailed
		}
	}
	switch {
	case steps > maxImportSteps:
		return report, InvalidError("template", fmt.Sprintf("must give at most %d steps together", maxImportSteps))
	case units > maxImportUnits:
		return report, InvalidError("units", fmt.Sprintf("must be at most %d together", maxImportUnits))
	case options.PerItem || report.Count(RowFailed) == 0:
		return report, nil
	}
	for i := range report.Outcomes {
		if outcome := &report.Outcomes[i]; outcome.Status != RowFailed {
			outcome.Status = RowValid
		}
	}
	if options.DryRun {
		return report, nil
	}
	return report, &ImportError{Kind: kind, Report: report}
}

// checkTemplate returns what is wrong with the template and the units of a row.
func (f *ImportFile) checkTemplate(row *ImportRow, known ImportContext) []CellError {
	if row.Template == nil {
		if row.Units == nil {
			return nil
		}
		return []CellError{f.CellError("units", strconv.Itoa(*row.Units), "units needs a template in the same row")}
	}
	switch found := known.Templates[*row.Template]; len(found) {
	case 1:
		return nil
	case 0:
		return []CellError{f.CellError("template", *row.Template, "Template not found: "+*row.Template)}
	default:
		return []CellError{f.CellError("template", *row.Template,
			fmt.Sprintf("%d templates are called %s: use the id of one", len(found), *row.Template))}
	}
}

// Change returns the change that the row makes to the job with the same external id. What the row leaves out stays.
func (r *ImportRow) Change() JobChange {
	change := JobChange{Name: &r.Job.Name, GoalQuantity: &r.Job.GoalQuantity}
	if r.Job.DueDate != nil {
		change.DueDate = &r.Job.DueDate
	}
	if r.Job.Priority != nil {
		change.Priority = &r.Job.Priority
	}
	if r.Job.Notes != nil {
		change.Notes = &r.Job.Notes
	}
	return change
}

// Path returns the path that is made from a template for the row's job.
func (r *ImportRow) Path(template Template) Path {
	return Path{
		JobID: r.Job.ID, JobRank: r.Job.Rank(), Name: template.Name, GoalQuantity: r.Job.GoalQuantity,
		AdvancementMode: template.AdvancementMode,
	}
}

// UnitCount returns the number of units that are created with the row's job.
func (r *ImportRow) UnitCount() int {
	if r.Units == nil {
		return 0
	}
	return *r.Units
}
