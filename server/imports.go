package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/internal/spreadsheet"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// maxImportRows is the largest number of rows in a file.
const maxImportRows = 50_000

// ImportJobs implements POST /api/jobs/import.
func (s *Server) ImportJobs(ctx context.Context, r gen.ImportJobsRequestObject) (gen.ImportJobsResponseObject, error) {
	by := repeatableImport(ctx, r.Params.IdempotencyKey)
	body := r.Body.(*fileBody) //nolint:forcetypeassert // The check has made it one.
	file, err := s.fromAPIImport(ctx, body.content, r.Params)
	if err != nil {
		return nil, err
	}
	_ = body.Close()
	own := sharesOf(ctx)
	if err := own.result.take(ctx, int64(len(file.Rows)), busyWait); err != nil {
		return nil, err
	}
	report, earlier, err := s.store.ImportJobs(ctx, by, file, fromAPIImportOptions(r.Params))
	own.imports.shrink(0)
	if err != nil {
		return nil, err
	}
	return gen.ImportJobs200JSONResponse{
		Body: toAPIImportReport(report), Headers: gen.ImportJobs200ResponseHeaders{IdempotencyReplayed: replayed(earlier)},
	}, nil
}

// repeatableImport is repeatable for an import. The query and the media type are part of the operation, because they decide how the
// file is read.
func repeatableImport(ctx context.Context, key *gen.IdempotencyKey) store.Request {
	by := repeatable(ctx, key, nil)
	if by.IdempotencyKey != "" {
		by.Operation += "?" + httpRequest(ctx).URL.Query().Encode() + " " + importType(ctx)
	}
	return by
}

// importType returns the media type of the file.
func importType(ctx context.Context) string {
	media, _, _ := mime.ParseMediaType(httpRequest(ctx).Header.Get("Content-Type")) // The contract check has refused every other type.
	return media
}

func fromAPIImportOptions(params gen.ImportJobsParams) models.ImportOptions {
	var options models.ImportOptions
	if params.DryRun != nil {
		options.DryRun = *params.DryRun
	}
	if params.Mode != nil {
		options.PerItem = *params.Mode == gen.PerItem
	}
	if params.OnDuplicate != nil {
		options.OnDuplicate = models.OnDuplicate(*params.OnDuplicate)
	}
	return options
}

// importField is a field for which a file can have a column.
type importField struct {
	spreadsheet.Field
	// read returns the value of a cell that is not empty, as it is in JSON. Rule continues the field's name: "must be …". It is
	// "" for a cell that can be read.
	read func(cell spreadsheet.Cell, order spreadsheet.DateOrder) (value any, rule string)
}

// The fields that are not fields of a job.
const (
	templateField = "template"
	unitsField    = "units"
)

// importFields are the fields of a file, each with the names that its column can have besides. The contract lists them.
var importFields = []importField{
	{spreadsheet.Field{Name: "name", Synonyms: []string{"job", "job name", "order", "order number", "work order"}, Required: true}, readText},
	{spreadsheet.Field{Name: "goalQuantity", Synonyms: []string{"goal", "qty", "quantity", "amount"}, Required: true}, readWhole},
	{spreadsheet.Field{Name: "dueDate", Synonyms: []string{"due", "deadline", "delivery date"}}, readDate},
	{spreadsheet.Field{Name: "priority"}, readChoice},
	{spreadsheet.Field{Name: "notes", Synonyms: []string{"note", "comment", "comments", "remarks"}}, readText},
	{spreadsheet.Field{Name: "externalId", Synonyms: []string{"external number", "ERP number"}}, readText},
	{spreadsheet.Field{Name: "jiraTicketKey"}, readText},
	{spreadsheet.Field{Name: "jiraTicketSummary"}, readText},
	{spreadsheet.Field{Name: "jiraPartNumber"}, readText},
	{spreadsheet.Field{Name: "jiraPriority"}, readText},
	{spreadsheet.Field{Name: "jiraEpicLink"}, readText},
	{spreadsheet.Field{Name: "jiraLabels"}, readList},
	{spreadsheet.Field{Name: templateField, Synonyms: []string{"route", "template id"}}, readText},
	{spreadsheet.Field{Name: unitsField, Synonyms: []string{"unit count", "serials"}}, readWhole},
}

func readText(cell spreadsheet.Cell, _ spreadsheet.DateOrder) (value any, rule string) {
	return cell.Text(), ""
}

func readChoice(cell spreadsheet.Cell, _ spreadsheet.DateOrder) (value any, rule string) {
	return strings.ToLower(strings.TrimSpace(cell.Text())), ""
}

func readWhole(cell spreadsheet.Cell, _ spreadsheet.DateOrder) (value any, rule string) {
	number, ok := cell.Whole()
	if !ok {
		return nil, "must be a whole number"
	}
	return number, ""
}

func readDate(cell spreadsheet.Cell, order spreadsheet.DateOrder) (value any, rule string) {
	date, ok := cell.Date(order)
	if ok {
		return date, ""
	}
	if _, ok := cell.Date(spreadsheet.DayFirst); ok && order == spreadsheet.AnyOrder {
		return nil, "can be read with the day or the month first: write it like 2026-12-01, or say dateOrder"
	}
	return nil, "must be a date like 2026-12-01"
}

func readList(cell spreadsheet.Cell, _ spreadsheet.DateOrder) (value any, rule string) {
	items, ok := cell.List()
	if !ok {
		return nil, "must be a list with commas, like Q1-2024,rush, with double quotes around the whole of an item only"
	}
	return items, ""
}

// fromAPIImport reads the file of a request. It returns an Invalid error for a file that cannot be read.
func (s *Server) fromAPIImport(ctx context.Context, content []byte, params gen.ImportJobsParams) (file models.ImportFile, err error) {
	read := spreadsheet.XLSX
	if importType(ctx) == csvType {
		read = spreadsheet.CSV
	}
	reader := rowReader{
		file: &file, byName: map[string]importField{}, create: s.contract.Operation(http.MethodPost, "/api/jobs"),
	}
	if params.DateOrder != nil {
		reader.order = spreadsheet.DateOrder(*params.DateOrder)
	}
	for row, err := range read(content) {
		var unreadable *spreadsheet.Error
		switch {
		case errors.As(err, &unreadable):
			return file, &models.Error{Kind: models.Invalid, Message: err.Error()}
		case err != nil:
			return file, err
		case row.Empty():
			continue
		case file.Columns == nil:
			if err := reader.readHeader(row, params.Map); err != nil {
				return file, &models.Error{Kind: models.Invalid, Message: err.Error()}
			}
			continue
		case len(file.Rows) == maxImportRows:
			return file, &models.Error{Kind: models.Invalid, Message: fmt.Sprintf("The file has more than %d rows", maxImportRows)}
		}
		imported, err := reader.read(row)
		if err != nil {
			return file, err
		}
		file.Rows = append(file.Rows, imported)
	}
	if file.Columns == nil {
		return file, &models.Error{Kind: models.Invalid, Message: "The file has no rows"}
	}
	return file, nil
}

// rowReader reads the rows of a file.
type rowReader struct {
	file *models.ImportFile
	// byName are the fields by their names.
	byName map[string]importField
	// create is the operation whose rules a row must keep.
	create *contract.Operation
	order  spreadsheet.DateOrder
}

// readHeader sets the columns of the file. It returns a *spreadsheet.Error.
func (r *rowReader) readHeader(header spreadsheet.Row, maps *[]string) error {
	mapped := map[string]string{}
	if maps != nil {
		for _, text := range *maps {
			colon := strings.LastIndexByte(text, ':')
			mapped[text[:colon]] = text[colon+1:]
		}
	}
	fields := make([]spreadsheet.Field, len(importFields))
	for i, field := range importFields {
		fields[i] = field.Field
		r.byName[field.Name] = field
	}
	columns, err := spreadsheet.MatchColumns(header, fields, mapped)
	for _, column := range columns {
		r.file.Columns = append(r.file.Columns, models.ImportColumn(column))
	}
	return err
}

// read reads a row by the rules of createJob.
func (r *rowReader) read(row spreadsheet.Row) (models.ImportRow, error) {
	read := models.ImportRow{Number: row.Number}
	values, texts := map[string]any{}, map[string]string{}
	for i, cell := range row.Cells {
		if i >= len(r.file.Columns) || r.file.Columns[i].Field == "" || cell.Empty() {
			continue
		}
		field := r.file.Columns[i].Field
		value, rule := r.byName[field].read(cell, r.order)
		if cell.IsFormulaError() {
			rule = "is a formula that has failed"
		}
		if rule != "" {
			read.Errors = append(read.Errors, r.file.CellError(field, cell.String(), field+" "+rule))
		}
		values[field], texts[field] = value, cell.String()
	}
	if template, ok := values[templateField].(string); ok {
		if strings.ContainsRune(template, 0) {
			read.Errors = append(read.Errors, r.file.CellError(templateField, texts[templateField], "template must not contain NUL characters"))
		} else {
			read.Template = new(strings.Clone(template))
		}
	}
	if units, ok := values[unitsField].(int64); ok {
		if units < 1 || units > unitBudget {
			read.Errors = append(read.Errors, r.file.CellError(unitsField, texts[unitsField],
				fmt.Sprintf("units must be at least 1 and at most %d", unitBudget)))
		} else {
			read.Units = new(int(units))
		}
	}
	body, err := json.Marshal(values)
	if err != nil {
		return read, err
	}
	var refused *contract.Error
	if _, err := r.create.Decode(body); errors.As(err, &refused) {
		for _, fault := range refused.Fields {
			// The part of jiraLabels.3 before the dot is the name of the column.
			field, _, _ := strings.Cut(fault.Field, ".")
			if value, sent := values[field]; !sent || value != nil {
				read.Errors = append(read.Errors, r.file.CellError(field, texts[field], fault.Message))
			}
		}
	}
	if read.Errors != nil {
		return read, nil
	}
	var create gen.JobCreate
	if err := json.Unmarshal(body, &create); err != nil {
		return read, err
	}
	read.Job = fromAPIJobCreate(create)
	return read, nil
}

func toAPIImportReport(report models.ImportReport) gen.ImportReport {
	out := gen.ImportReport{
		DryRun:  report.DryRun,
		Created: report.Count(models.RowCreated),
		Updated: report.Count(models.RowUpdated),
		Skipped: report.Count(models.RowSkipped),
		Failed:  report.Count(models.RowFailed),
		Columns: make([]gen.ImportColumn, len(report.Columns)),
		Rows:    make([]gen.ImportRow, len(report.Outcomes)),
	}
	for i, column := range report.Columns {
		out.Columns[i] = gen.ImportColumn{Column: column.Name, Field: toAPIText(column.Field)}
	}
	for i, outcome := range report.Outcomes {
		row := gen.ImportRow{Row: outcome.Number, Status: gen.ImportRowStatus(outcome.Status), JobID: toAPIText(outcome.JobID)}
		if outcome.Errors != nil {
			faults := make([]gen.ImportError, len(outcome.Errors))
			for j, fault := range outcome.Errors {
				faults[j] = gen.ImportError{Column: toAPIText(fault.Column), Value: toAPIText(fault.Value), Reason: fault.Reason}
			}
			row.Errors = &faults
		}
		out.Rows[i] = row
	}
	return out
}

// toAPIText leaves out an empty text.
func toAPIText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
