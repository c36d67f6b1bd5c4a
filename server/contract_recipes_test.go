package server_test

// recipe says how to get the responses of one operation that depend on the state of the resources. The test checks the response to
// the last request; the requests before it prepare the state.
type recipe struct {
	// ok succeeds.
	ok []string
	// missing gets a 404.
	missing []string
	// conflict gets a 409. If it is nil, the operation returns 409 only when no Jira is configured.
	conflict []string
	// also has the recipes for all other statuses, by status.
	also map[int][]string
}

const (
	erp1    = `PUT /api/jobs/{empty} {"externalId":"{empty}"}`
	close1  = `POST /api/jobs/{job}/close {}`
	defer1  = `POST /api/serials/{sn1}/advance-to {"targetStepIndex":2}`
	import1 = "POST /api/jobs/import externalId,name,quantity\nERP-1,JOB-2024-001,50\n"
	scrap1  = `POST /api/serials/{sn1}/scrap {"reason":"damaged"}`
)

// recipes has one for each operation of the contract.
var recipes = map[string]recipe{
	"createJob": {
		ok:       []string{`POST /api/jobs {"name":"JOB-2024-001","goalQuantity":50}`},
		conflict: []string{erp1, `POST /api/jobs {"name":"x","goalQuantity":1,"externalId":"{empty}"}`},
	},
	"listJobs": {ok: []string{`GET /api/jobs?include=progress&limit=1&count=true`}},
	"getJob":   {ok: []string{`GET /api/jobs/{job}`}, missing: []string{`GET /api/jobs/{unknown}`}},
	"updateJob": {
		ok:       []string{`PUT /api/jobs/{job} {"name":"x"}`},
		missing:  []string{`PUT /api/jobs/{unknown} {"name":"x"}`},
		conflict: []string{erp1, `PUT /api/jobs/{job} {"externalId":"{empty}"}`},
	},
	"closeJob": {
		ok:       []string{`POST /api/jobs/{job}/close {"reason":"x"}`},
		missing:  []string{`POST /api/jobs/{unknown}/close {}`},
		conflict: []string{close1, close1},
	},
	"reopenJob": {
		ok:       []string{close1, `POST /api/jobs/{job}/reopen {}`},
		missing:  []string{`POST /api/jobs/{unknown}/reopen {}`},
		conflict: []string{`POST /api/jobs/{job}/reopen {}`},
	},
	"planJob": {
		ok:      []string{`POST /api/jobs/plan {"name":"x","goalQuantity":1,"paths":[{"name":"x","goalQuantity":1,"steps":[{"name":"A"}],"quantity":1}]}`},
		missing: []string{`POST /api/jobs/plan {"name":"x","goalQuantity":1,"paths":[{"name":"x","goalQuantity":1,"templateId":"{unknown}"}]}`},
		conflict: []string{
			`POST /api/jobs/plan {"name":"x","goalQuantity":1,"paths":[{"name":"x","goalQuantity":1,"steps":[{"name":"A"}],"serialNumbers":["{sn1}"]}]}`,
		},
	},
	"importJobs": {ok: []string{"POST /api/jobs/import name,quantity\nJOB-2024-001,50\n"}, conflict: []string{import1, import1}},
	"deleteJob": {
		ok:       []string{`DELETE /api/jobs/{empty}`},
		missing:  []string{`DELETE /api/jobs/{unknown}`},
		conflict: []string{`DELETE /api/jobs/{job}`},
	},
	"listJobPaths": {ok: []string{`GET /api/jobs/{job}/paths?limit=1`}, missing: []string{`GET /api/jobs/{unknown}/paths`}},
	"createPath": {
		ok:      []string{`POST /api/paths {"jobId":"{job}","name":"x","goalQuantity":1,"steps":[{"name":"A"}]}`},
		missing: []string{`POST /api/paths {"jobId":"{unknown}","name":"x","goalQuantity":1,"steps":[{"name":"A"}]}`},
	},
	"getPath": {ok: []string{`GET /api/paths/{path}`}, missing: []string{`GET /api/paths/{unknown}`}},
	"updatePath": {
		ok:       []string{`PUT /api/paths/{path} {"name":"x"}`},
		missing:  []string{`PUT /api/paths/{unknown} {"name":"x"}`},
		conflict: []string{`PUT /api/paths/{path} {"steps":[{"id":"{B}","name":"B"}]}`},
	},
	"deletePath": {
		ok:       []string{`DELETE /api/paths/{free}`},
		missing:  []string{`DELETE /api/paths/{unknown}`},
		conflict: []string{`DELETE /api/paths/{path}`},
	},
	"updateStep": {
		ok:      []string{`PATCH /api/steps/{A} {"location":null}`},
		missing: []string{`PATCH /api/steps/{unknown} {"location":null}`},
	},
	"createSerials": {
		ok:       []string{`POST /api/serials {"pathId":"{path}","quantity":2}`},
		missing:  []string{`POST /api/serials {"pathId":"{unknown}","quantity":2}`},
		conflict: []string{`POST /api/serials {"pathId":"{path}","serialNumbers":["{sn1}"]}`},
	},
	"listSerials": {ok: []string{`GET /api/serials?limit=1`}},
	"advanceSerials": {
		ok:       []string{`POST /api/serials/advance {"serialIds":["{sn1}","{sn2}"]}`},
		missing:  []string{`POST /api/serials/advance {"serialIds":["{unknown}"]}`},
		conflict: []string{scrap1, `POST /api/serials/advance {"serialIds":["{sn1}","{sn2}"]}`},
	},
	"scrapSerials": {
		ok:       []string{scrap1, `POST /api/serials/scrap {"serialIds":["{sn1}","{sn2}"],"mode":"perItem","reason":"damaged"}`},
		missing:  []string{`POST /api/serials/scrap {"serialIds":["{unknown}"],"reason":"damaged"}`},
		conflict: []string{scrap1, `POST /api/serials/scrap {"serialIds":["{sn1}","{sn2}"],"reason":"damaged"}`},
	},
	"advanceSerialsTo": {
		ok:       []string{`POST /api/serials/advance-to {"serialIds":["{sn1}","{sn2}"],"targetStepIndex":2}`},
		missing:  []string{`POST /api/serials/advance-to {"serialIds":["{unknown}"],"targetStepIndex":2}`},
		conflict: []string{scrap1, `POST /api/serials/advance-to {"serialIds":["{sn1}","{sn2}"],"targetStepIndex":2}`},
	},
	"overrideSteps": {
		ok:       []string{`POST /api/serials/override {"serialIds":["{sn1}","{sn2}"],"stepId":"{B}","reason":"x"}`},
		missing:  []string{`POST /api/serials/override {"serialIds":["{unknown}"],"stepId":"{B}","reason":"x"}`},
		conflict: []string{scrap1, `POST /api/serials/override {"serialIds":["{sn1}","{sn2}"],"stepId":"{B}","reason":"x"}`},
	},
	"undoSerials": {
		ok:       []string{scrap1, `POST /api/serials/undo {"serialIds":["{sn1}","{sn2}"],"mode":"perItem"}`},
		missing:  []string{`POST /api/serials/undo {"serialIds":["{unknown}"]}`},
		conflict: []string{scrap1, `POST /api/serials/undo {"serialIds":["{sn1}","{sn2}"]}`},
	},
	"addSerialNotes": {
		ok:      []string{`POST /api/serials/notes {"serialIds":["{sn1}","{sn2}"],"text":"x"}`},
		missing: []string{`POST /api/serials/notes {"serialIds":["{unknown}"],"text":"x"}`},
	},
	"deleteSerial": {
		ok:       []string{`DELETE /api/serials/{sn1}`},
		missing:  []string{`DELETE /api/serials/{unknown}`},
		conflict: []string{scrap1, `DELETE /api/serials/{sn1}`},
	},
	"addSerialNote": {
		ok:      []string{`POST /api/serials/{sn1}/notes {"text":"x"}`},
		missing: []string{`POST /api/serials/{unknown}/notes {"text":"x"}`},
	},
	"getSerial": {ok: []string{`GET /api/serials/{sn1}`}, missing: []string{`GET /api/serials/{unknown}`}},
	"advanceSerial": {
		ok:       []string{`POST /api/serials/{sn1}/advance {}`},
		missing:  []string{`POST /api/serials/{unknown}/advance {}`},
		conflict: []string{scrap1, `POST /api/serials/{sn1}/advance {}`},
	},
	"advanceSerialTo": {
		ok:       []string{defer1},
		missing:  []string{`POST /api/serials/{unknown}/advance-to {"targetStepIndex":2}`},
		conflict: []string{defer1, defer1},
	},
	"scrapSerial": {
		ok:       []string{`POST /api/serials/{sn1}/scrap {"reason":"other","explanation":"lost"}`},
		missing:  []string{`POST /api/serials/{unknown}/scrap {"reason":"damaged"}`},
		conflict: []string{scrap1, scrap1},
	},
	"forceCompleteSerial": {
		ok:       []string{`POST /api/serials/{sn1}/force-complete {"reason":"x"}`},
		missing:  []string{`POST /api/serials/{unknown}/force-complete {}`},
		conflict: []string{scrap1, `POST /api/serials/{sn1}/force-complete {}`},
	},
	"undoSerial": {
		ok:       []string{scrap1, `POST /api/serials/{sn1}/undo {}`},
		missing:  []string{`POST /api/serials/{unknown}/undo {}`},
		conflict: []string{`POST /api/serials/{sn1}/undo {}`},
	},
	"overrideStep": {
		ok:       []string{`POST /api/serials/{sn1}/steps/{B}/override {"reason":"x"}`},
		missing:  []string{`POST /api/serials/{sn1}/steps/{unknown}/override {"reason":"x"}`},
		conflict: []string{scrap1, `POST /api/serials/{sn1}/steps/{B}/override {"reason":"x"}`},
	},
	"clearStepOverride": {
		ok: []string{
			`POST /api/serials/{sn1}/steps/{B}/override {"reason":"x"}`,
			`DELETE /api/serials/{sn1}/steps/{B}/override`,
		},
		missing:  []string{`DELETE /api/serials/{unknown}/steps/{B}/override`},
		conflict: []string{`DELETE /api/serials/{sn1}/steps/{B}/override`},
	},
	"waiveStep": {
		ok:       []string{defer1, `POST /api/serials/{sn1}/steps/{B}/waive {"reason":"x","approverId":"y"}`},
		missing:  []string{`POST /api/serials/{unknown}/steps/{B}/waive {"reason":"x","approverId":"y"}`},
		conflict: []string{`POST /api/serials/{sn1}/steps/{B}/waive {"reason":"x","approverId":"y"}`},
	},
	"completeStep": {
		ok:       []string{defer1, `POST /api/serials/{sn1}/steps/{B}/complete {}`},
		missing:  []string{`POST /api/serials/{unknown}/steps/{B}/complete {}`},
		conflict: []string{`POST /api/serials/{sn1}/steps/{B}/complete {}`},
	},
	"listWork":       {ok: []string{`GET /api/work?limit=1`}},
	"listPlaces":     {ok: []string{`GET /api/places`}},
	"getSession":     {ok: []string{`GET /api/session`}},
	"createTemplate": {ok: []string{`POST /api/templates {"name":"x","steps":[{"name":"A"}]}`}},
	"listTemplates":  {ok: []string{`GET /api/templates?limit=1`}},
	"getTemplate": {
		ok:      []string{`GET /api/templates/{template}`},
		missing: []string{`GET /api/templates/{unknown}`},
	},
	"updateTemplate": {
		ok:      []string{`PUT /api/templates/{template} {"name":"x"}`},
		missing: []string{`PUT /api/templates/{unknown} {"name":"x"}`},
	},
	"deleteTemplate": {
		ok:      []string{`DELETE /api/templates/{template}`},
		missing: []string{`DELETE /api/templates/{unknown}`},
	},
	"listEvents": {ok: []string{`GET /api/events?limit=1`}},
	"getThroughput": {
		ok:      []string{`GET /api/insights/throughput?jobId={job}&bucket=hour&tz=Europe/Berlin`},
		missing: []string{`GET /api/insights/throughput?jobId={unknown}`},
	},
	"getStepTimes": {ok: []string{`GET /api/insights/steps`}, missing: []string{`GET /api/insights/steps?jobId={unknown}`}},
	"getScrap":     {ok: []string{`GET /api/insights/scrap`}, missing: []string{`GET /api/insights/scrap?jobId={unknown}`}},
	"getForecast": {
		ok:      []string{`GET /api/insights/forecast?jobId={job}`},
		missing: []string{`GET /api/insights/forecast?jobId={unknown}`},
	},
	"listJiraTickets": {ok: []string{`GET /api/jira/tickets?limit=1`}},
	"getJiraTicket":   {ok: []string{`GET /api/jira/tickets/PI-42`}, missing: []string{`GET /api/jira/tickets/PI-999`}},
	"linkJiraTicket": {
		ok:       []string{`POST /api/jira/link {"ticketKey":"PI-43","jobId":"{empty}","allowDuplicate":true}`},
		missing:  []string{`POST /api/jira/link {"ticketKey":"PI-43","jobId":"{unknown}"}`},
		conflict: []string{`POST /api/jira/link {"ticketKey":"PI-43","jobId":"{linked}"}`},
		also:     map[int][]string{201: {`POST /api/jira/link {"ticketKey":"PI-43","allowDuplicate":true}`}},
	},
	"pushJobToJira": {
		ok:       []string{`POST /api/jira/push {"jobId":"{linked}"}`},
		missing:  []string{`POST /api/jira/push {"jobId":"{unknown}"}`},
		conflict: []string{`POST /api/jira/push {"jobId":"{job}"}`},
	},
}

// withoutDatabase are the operations that read only the API keys from the database.
var withoutDatabase = []string{"getJiraTicket", "listJiraTickets"}
