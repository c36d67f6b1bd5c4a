package conformance_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// fault is a wrong behavior of a server that the cases must find.
type fault struct {
	// name says what the server does wrong.
	name string
	// operations are those whose cases are run.
	operations string
	planted    planted
}

// faults returns all faults, with the URL of the server for those that send requests of their own.
func faults(server string) []fault {
	return slices.Concat(headerFaults(), listFaults(server), valueFaults(), ruleFaults(server))
}

// headerFaults are wrong headers and statuses.
func headerFaults() []fault {
	return []fault{
		{"An update does not change the `ETag`", "updateJob", staleETag()},
		{"`If-Match` is ignored when a job is updated", "updateJob", withoutHeader("If-Match")},
		{"`If-Match` is ignored when a path, a step, or a template is updated", "updatePath updateStep updateTemplate", withoutHeader("If-Match")},
		{"`If-Match` is ignored when something is deleted", "deleteJob deleteSerial deletePath deleteTemplate", withoutHeader("If-Match")},
		{"`If-None-Match` is ignored", "getTemplate", withoutHeader("If-None-Match")},
		{"`Idempotency-Key` is ignored", "createJob", withoutHeader("Idempotency-Key")},
		{"A repeated response has no `Idempotency-Replayed`", "createJob", planted{response: func(r *http.Response) {
			r.Header.Del("Idempotency-Replayed")
		}}},
		{"405 has no `Allow`", "listJobs", planted{response: func(r *http.Response) { r.Header.Del("Allow") }}},
		{"`HEAD` returns 405", "getJob", planted{response: func(r *http.Response) {
			if r.Request.Method == http.MethodHead {
				r.StatusCode = http.StatusMethodNotAllowed
			}
		}}},
		{"A deletion returns 200 with a body", "deleteJob", planted{response: func(r *http.Response) {
			if r.StatusCode == http.StatusNoContent {
				r.StatusCode = http.StatusOK
				r.Header.Set("Content-Type", "application/json")
				setBody(r, []byte(`{"deleted":true}`))
			}
		}}},
		{"404 in place of 409", "deleteJob", answers(func(r *http.Response, body any) any {
			if object, _ := body.(map[string]any); r.StatusCode == http.StatusConflict && object != nil {
				r.StatusCode = http.StatusNotFound
				object["statusCode"] = http.StatusNotFound
			}
			return body
		})},
		{"Errors are `application/problem+json`", "getJob", planted{response: func(r *http.Response) {
			if r.StatusCode >= http.StatusBadRequest {
				r.Header.Set("Content-Type", "application/problem+json")
			}
		}}},
		{"A conflict has another message", "advanceSerial", answers(func(r *http.Response, body any) any {
			if object, _ := body.(map[string]any); r.StatusCode == http.StatusConflict && object != nil {
				object["message"] = "The serial number cannot be advanced"
			}
			return body
		})},
		{"Only the first invalid field is reported", "createJob", answers(func(r *http.Response, body any) any {
			if object, _ := body.(map[string]any); r.StatusCode == http.StatusBadRequest && object != nil {
				if errors, _ := object["errors"].([]any); len(errors) > 1 {
					object["errors"] = errors[:1]
				}
			}
			return body
		})},
	}
}

// listFaults are wrong lists, pages, filters, and searches.
func listFaults(server string) []fault {
	reversed := func(_ *http.Response, rows []any) []any {
		slices.Reverse(rows)
		return rows
	}
	return []fault{
		{"Jobs are listed oldest first", "listJobs", rows("listJobs", reversed)},
		{"Units are listed oldest first", "listSerials", rows("listSerials", reversed)},
		{"Events are listed newest first", "listEvents", rows("listEvents", reversed)},
		{"`order=desc` is ignored", "listEvents", query("listEvents", func(q url.Values) { q.Del("order") })},
		{"Work is listed in another order", "listWork", rows("listWork", reversed)},
		{"A page repeats a row", "listJobs listSerials listEvents listWork", repeatedRow()},
		{"A page loses a row", "listJobs listSerials listEvents listWork", rows("listJobs listSerials listEvents listWork", func(r *http.Response, rows []any) []any {
			if isLaterPage(r.Request) && len(rows) > 0 {
				return rows[1:]
			}
			return rows
		})},
		{"The last page has a next page", "listJobs listSerials listJobPaths", planted{response: func(r *http.Response) {
			if r.Request.URL.Query().Get("limit") != "" && r.StatusCode == http.StatusOK && r.Header.Get("Link") == "" {
				r.Header.Set("Link", "<"+r.Request.URL.Path+`?cursor=bm9uZQ>; rel="next"`)
			}
		}}},
		{"A limit above the maximum is lowered", "listJobs", query("listJobs", func(q url.Values) {
			if q.Get("limit") == "1001" {
				q.Set("limit", "1000")
			}
		})},
		{"`X-Total-Count` counts the page", "listJobs", planted{response: func(r *http.Response) {
			if r.Header.Get("X-Total-Count") != "" {
				r.Header.Set("X-Total-Count", "1")
			}
		}}},
		{"`q` does not search the part number", "listJobs", rows("listJobs", func(r *http.Response, rows []any) []any {
			q := strings.ToLower(r.Request.URL.Query().Get("q"))
			return slices.DeleteFunc(rows, func(job any) bool {
				return q != "" && strings.Contains(strings.ToLower(text(job, "jiraPartNumber")), q)
			})
		})},
		{"`q` tells upper and lower case apart", "listJobs", rows("listJobs", func(r *http.Response, rows []any) []any {
			q := r.Request.URL.Query().Get("q")
			return slices.DeleteFunc(rows, func(job any) bool { return !strings.Contains(string(encode(job)), q) })
		})},
		{"A filter ignores case", "listJobs", caseBlindFilter()},
		{"A second filter is ignored", "listJobs", query("listJobs", func(q url.Values) { q.Del("jiraPriority") })},
		{"One label of several is enough", "listJobs", query("listJobs", func(q url.Values) {
			if labels := q["jiraLabel"]; len(labels) > 1 {
				q["jiraLabel"] = labels[:1]
			}
		})},
		{"`state=late` includes closed jobs", "listJobs", lateWithClosed(server)},
		{"`state=open` includes closed jobs", "listJobs", query("listJobs", func(q url.Values) {
			if q.Get("state") == "open" {
				q.Del("state")
			}
		})},
		{"The feed misses an event", "listEvents", rows("listEvents", func(_ *http.Response, rows []any) []any {
			return slices.DeleteFunc(rows, func(event any) bool { return text(event, "type") == "path.created" })
		})},
		{"The feed has an event twice", "listEvents", rows("listEvents", func(_ *http.Response, rows []any) []any {
			if len(rows) > 0 {
				return append(rows, rows[len(rows)-1])
			}
			return rows
		})},
		{"Events have no `userId`", "listEvents", objects("listEvents", func(_ *http.Response, event map[string]any) { delete(event, "userId") })},
	}
}

// times matches a time as the contract has it.
var times = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z$`)

// valueFaults are wrong values in responses.
func valueFaults() []fault {
	return []fault{
		{"`updatedAt` does not change", "updateJob", objects("updateJob getJob", func(_ *http.Response, job map[string]any) {
			if job["createdAt"] != nil {
				job["updatedAt"] = job["createdAt"]
			}
		})},
		{"`createdAt` changes", "updateJob", objects("updateJob getJob", func(_ *http.Response, job map[string]any) {
			if job["updatedAt"] != nil {
				job["createdAt"] = job["updatedAt"]
			}
		})},
		{"`null` in place of an absent field", "createJob", objects("createJob", func(_ *http.Response, job map[string]any) {
			if job["jiraTicketKey"] == nil {
				job["jiraTicketKey"] = nil
			}
		})},
		{"An empty text is left out", "createJob", objects("createJob", func(_ *http.Response, job map[string]any) {
			if job["jiraTicketKey"] == "" {
				delete(job, "jiraTicketKey")
			}
		})},
		{"Spaces around a text are removed", "createJob updateJob", sends("createJob updateJob", func(body map[string]any) {
			if name, isText := body["name"].(string); isText && strings.TrimSpace(name) != "" {
				body["name"] = strings.TrimSpace(name)
			}
		})},
		{"Times have no decimals", "createJob", objects("createJob", func(_ *http.Response, job map[string]any) {
			for name, value := range job {
				if text, isText := value.(string); isText {
					job[name] = times.ReplaceAllString(text, "${1}Z")
				}
			}
		})},
		{"A percentage is rounded", "getJob", number("getJob", "percentComplete", math.Round)},
		{"A percentage is limited to 100", "getJob", number("getJob", "percentComplete", func(n float64) float64 { return min(n, 100) })},
		{"A scrapped unit counts as completed", "getJob", objects("getJob", func(_ *http.Response, object map[string]any) {
			if object["totalScrapped"] == json.Number("1") {
				object["totalCompleted"] = 1
			}
		})},
		{"`doneCount` is too high by 1", "getPath", number("getPath", "doneCount", func(n float64) float64 { return n + 1 })},
		{"A step without units is a bottleneck", "getPath", objects("getPath", func(_ *http.Response, step map[string]any) {
			if step["isBottleneck"] == false && step["partCount"] == json.Number("0") {
				step["isBottleneck"] = true
			}
		})},
		{"`toCreate` does not replace a scrapped unit", "listWork", objects("listWork", func(_ *http.Response, work map[string]any) {
			if work["waiting"] == json.Number("2") && work["toCreate"] == json.Number("2") {
				work["toCreate"] = 1
			}
		})},
		{"A completed unit still stands at its last step", "getSerial", objects("getSerial", func(_ *http.Response, unit map[string]any) {
			if unit["currentStepIndex"] == json.Number("-1") {
				unit["currentStepIndex"] = 2
			}
		})},
		{"A bypassed step counts as completed", "getSerial", objects("getSerial", func(_ *http.Response, step map[string]any) {
			if step["status"] == "deferred" {
				step["status"] = "completed"
			}
		})},
	}
}

// ruleFaults are broken rules of production.
func ruleFaults(server string) []fault {
	without := func(operation, field string) planted {
		return sends(operation, func(body map[string]any) { delete(body, field) })
	}
	return []fault{
		{"A closed job accepts units", "closeJob", reopened(server)},
		{"`externalId` is not unique", "createJob updateJob", repeatedExternalID()},
		{"`null` does not clear a field", "updateJob updateStep", sends("updateJob updateStep", func(body map[string]any) {
			for name, value := range body {
				if value == nil {
					delete(body, name)
				}
			}
		})},
		{"A goal with a fraction is rounded", "createJob", sends("createJob", func(body map[string]any) {
			if goal, isNumber := body["goalQuantity"].(json.Number); isNumber && goal == "1.5" {
				body["goalQuantity"] = 2
			}
		})},
		{"An atomic command changes the units that it can", "advanceSerials", sends("advanceSerials", func(body map[string]any) {
			body["mode"] = "perItem"
		})},
		{"A button that is pressed twice moves a unit twice", "advanceSerial", without("advanceSerial", "fromStepIndex")},
		{"A unit is scrapped wherever it stands", "scrapSerial", without("scrapSerial", "fromStepId")},
		{"An undo undoes the event of a colleague", "undoSerial", without("undoSerial", "eventId")},
		{"`occurredAt` may be in the future", "advanceSerial", sends("advanceSerial", func(body map[string]any) {
			if strings.HasPrefix(text(body, "occurredAt"), "9999") {
				delete(body, "occurredAt")
			}
		})},
		{"A unit may belong to another job than its path", "createSerials", without("createSerials", "jobId")},
		{"The steps of a path lose their ids when they change places", "updatePath", sends("updatePath", func(body map[string]any) {
			eachObject(body["steps"], func(step map[string]any) { delete(step, "id") })
		})},
		{"A dry run creates the jobs", "importJobs", query("importJobs", func(q url.Values) { q.Del("dryRun") })},
		{"The reason for closing a job is lost", "closeJob", without("closeJob", "reason")},
	}
}

// staleETag replaces the ETag of a job by the first one that the job had.
func staleETag() planted {
	first := map[string]string{}
	return planted{response: func(r *http.Response) {
		path := r.Request.URL.Path
		if location := r.Header.Get("Location"); location != "" {
			path = location
		}
		etag := r.Header.Get("ETag")
		if etag == "" {
			return
		}
		if first[path] == "" {
			first[path] = etag
		}
		r.Header.Set("ETag", first[path])
	}}
}

// isLaterPage reports whether a request asks for a page after the first one.
func isLaterPage(r *http.Request) bool {
	query := r.URL.Query()
	return query.Has("cursor") || query.Has("after")
}

// repeatedRow begins each later page with the last row of the page before.
func repeatedRow() planted {
	var last any
	return rows("listJobs listSerials listEvents listWork", func(r *http.Response, rows []any) []any {
		if isLaterPage(r.Request) && last != nil {
			rows = append([]any{last}, rows...)
		}
		if len(rows) > 0 {
			last = rows[len(rows)-1]
		}
		return rows
	})
}

// caseBlindFilter finds jobs by their epic in any case.
func caseBlindFilter() planted {
	var epics []string
	planted := query("listJobs", func(q url.Values) {
		for _, epic := range epics {
			if strings.EqualFold(epic, q.Get("jiraEpicLink")) {
				q.Set("jiraEpicLink", epic)
			}
		}
	})
	planted.response = objects("createJob", func(_ *http.Response, job map[string]any) {
		if epic := text(job, "jiraEpicLink"); epic != "" {
			epics = append(epics, epic)
		}
	}).response
	return planted
}

// lateWithClosed adds the closed jobs to those that are late.
func lateWithClosed(server string) planted {
	return rows("listJobs", func(r *http.Response, rows []any) []any {
		query := r.Request.URL.Query()
		if query.Get("state") != "late" {
			return rows
		}
		query.Set("state", "closed")
		var closed []any
		ask(r.Request, http.MethodGet, server+"/api/jobs?"+query.Encode(), &closed)
		return append(rows, closed...)
	})
}

// reopened reopens the job of a path before a unit is created on it.
func reopened(server string) planted {
	planted := planted{}
	planted.request = func(r *http.Request) {
		sends("createSerials", func(body map[string]any) {
			var path, job any
			ask(r, http.MethodGet, server+"/api/paths/"+text(body, "pathId"), &path)
			ask(r, http.MethodPost, server+"/api/jobs/"+text(path, "jobId")+"/reopen", &job)
		}).request(r)
	}
	return planted
}

// repeatedExternalID makes each external id unique before the server sees it.
func repeatedExternalID() planted {
	count := 0
	planted := sends("createJob updateJob", func(body map[string]any) {
		if id := text(body, "externalId"); id != "" {
			count++
			body["externalId"] = id + strings.Repeat("~", count)
		}
	})
	planted.response = objects("createJob updateJob getJob", func(_ *http.Response, job map[string]any) {
		if id := text(job, "externalId"); id != "" {
			job["externalId"] = strings.TrimRight(id, "~")
		}
	}).response
	return planted
}

// ask sends a request of a fault's own to the server and decodes the response. It panics if there is none.
func ask(r *http.Request, method, target string, into any) {
	request, err := http.NewRequestWithContext(r.Context(), method, target, strings.NewReader("{}"))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	if err := decode(read(response.Body), into); err != nil {
		panic(err)
	}
}
