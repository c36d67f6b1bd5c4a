package server_test

import "github.com/routecard/routecard/jira/jiratest"

// story is what happens on 15 January 2024: JOB-2024-001, 50 aluminum housings for ticket PI-42, goes through saw, CNC machining,
// deburring, and inspection. Maria and Tom move the units. One unit gets dropped, and the customer accepts another as it is.
//
// To add an operation, add the scene of each of its request examples, and one scene for each of its errors. The replay itself
// provokes the errors named encoding and limit (400), 412, and 422 before an operation succeeds for the first time.
var story = []scene{
	// A planner creates two jobs.
	{"10:30", "POST /api/jobs", "withJira", "201 withJira"},
	{"", "POST /api/jobs", `{}`, "400 invalidJobCreate"},
	{"", "POST /api/jobs", `{"name"`, "400 bodyIsNotJson"},
	{"", "POST /api/jobs", `[]`, "400 bodyIsNotAnObject"},
	{"10:31", "POST /api/jobs", "minimal", "201 minimal"},
	{"", "GET /api/jobs", "", "200 both"},
	{"", "GET /api/jobs?cursor=x", "", "400 foreignCursor"},
	{"", "GET /api/jobs/{bracketJob}", "", "200 minimal"},
	{"", "GET /api/jobs/{noJob}", "", "404 job"},
	{"10:32", "PUT /api/jobs/{bracketJob}", "goal", "200 goal"},
	{"", "PUT /api/jobs/{bracketJob}", `{"name":""}`, "400 invalidJobUpdate"},
	{"", "PUT /api/jobs/{noJob}", "goal", "404 job"},
	{"", "DELETE /api/jobs/{noJob}", "", "404 job"},

	// Each job gets a route.
	{"10:33", "POST /api/paths", "pathCreate", "201 path"},
	{"", "POST /api/paths", `{}`, "400 invalidPathCreate"},
	{"", "POST /api/paths", `{"jobId":"{noJob}","name":"x","goalQuantity":1,"steps":[{"name":"x"}]}`, "404 job"},
	{"", "GET /api/jobs/{job}/paths", "", "200 pathList"},
	{"", "GET /api/jobs/{job}/paths?cursor=x", "", "400 foreignCursor"},
	{"", "GET /api/jobs/{noJob}/paths", "", "404 job"},
	{"10:34", "POST /api/paths", "minimal", "201 minimal"},
	{"", "GET /api/paths/{noPath}", "", "404 path"},

	// The units get their numbers.
	{"10:35", "POST /api/serials", "serialsCreateQuantity", "201 quantity"},
	{"", "POST /api/serials", `{}`, "400 invalidSerialsCreate"},
	{"", "POST /api/serials", `{"pathId":"{path}"}`, "400 quantityIsMissing"},
	{"", "POST /api/serials", `{"pathId":"{path}","quantity":1,"serialNumbers":["BRK-0009"]}`, "400 quantityAndNumbers"},
	{"", "POST /api/serials", `{"pathId":"{path}","jobId":"{bracketJob}","quantity":1}`, "400 otherJob"},
	{"", "POST /api/serials", `{"pathId":"{noPath}","quantity":1}`, "404 path"},
	{"10:36", "POST /api/serials", "serialsCreateOwn", "201 own"},
	{"", "POST /api/serials", "serialsCreateOwn", "409 serialExists"},
	{"", "GET /api/serials?cursor=x", "", "400 foreignCursor"},
	{"", "GET /api/serials/{noSerial}", "", "404 serial"},

	// SN-00001 goes to Inspection over Deburring, which is waived in the end.
	{"10:40", "POST /api/serials/SN-00001/advance", "serialAdvance", "200 serial"},
	{"", "POST /api/serials/SN-00001/advance", "serialAdvance", "409 serialMoved"},
	{"", "POST /api/serials/SN-00001/advance", `{"fromStepIndex":-1}`, "400 invalidSerialAdvance"},
	{"", "POST /api/serials/{noSerial}/advance", `{}`, "404 serial"},
	{"", "GET /api/serials/SN-00001", "", "200 serialDetail"},
	{"10:45", "POST /api/serials/SN-00001/advance-to", "serialAdvanceTo", "200 advanceToResult"},
	{"", "POST /api/serials/SN-00001/advance-to", `{}`, "400 targetIsMissing"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepIndex":3,"targetStepId":"{inspection}"}`, "400 twoTargets"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepIndex":5}`, "400 targetIsBeyondThePath"},
	{"", "POST /api/serials/{noSerial}/advance-to", "serialAdvanceTo", "404 serial"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepId":"{noStep}"}`, "404 step"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepIndex":4,"fromStepIndex":0}`, "409 serialMoved"},
	{"", "POST /api/serials/SN-00001/advance-to", "serialAdvanceTo", "409 serialIsThere"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepIndex":0}`, "409 serialWouldGoBack"},
	{"", "POST /api/serials/SN-00001/advance-to", `{"targetStepIndex":4}`, "409 gateIsClosed"},
	{"", "POST /api/serials/SN-00001/advance", `{}`, "409 gateIsClosed"},
	{"", "POST /api/serials/BRK-0001/advance-to", `{"targetStepIndex":2}`, "409 pathIsStrict"},
	{"10:50", "POST /api/serials/SN-00001/steps/{deburring}/complete", "stepComplete", "200 serial"},
	{"", "POST /api/serials/SN-00001/steps/{deburring}/complete", `{"userId":7}`, "400 invalidStepComplete"},
	{"", "POST /api/serials/{noSerial}/steps/{deburring}/complete", `{}`, "404 serial"},
	{"", "POST /api/serials/SN-00001/steps/{noStep}/complete", `{}`, "404 step"},
	{"10:51", "POST /api/serials/SN-00001/undo", "serialUndo", "200 serial"},
	{"", "POST /api/serials/SN-00001/undo", `{"reason":7}`, "400 invalidReason"},
	{"", "POST /api/serials/{noSerial}/undo", `{}`, "404 serial"},
	{"", "POST /api/serials/SN-00005/undo", `{}`, "409 nothingToUndo"},
	{"10:52", "POST /api/serials/SN-00001/steps/{deburring}/waive", "stepWaive", "200 serial"},
	{"", "POST /api/serials/SN-00001/steps/{deburring}/waive", `{}`, "400 invalidStepWaive"},
	{"", "POST /api/serials/{noSerial}/steps/{deburring}/waive", "stepWaive", "404 serial"},
	{"", "POST /api/serials/SN-00001/steps/{noStep}/waive", "stepWaive", "404 step"},
	{"", "POST /api/serials/SN-00001/steps/{inspection}/waive", "stepWaive", "409 stepIsNotDeferred"},
	{"", "POST /api/serials/SN-00001/steps/{inspection}/complete", `{}`, "409 stepIsNotDeferred"},
	{"", "POST /api/serials/SN-00001/steps/{saw}/override", "stepOverride", "409 stepWasPassed"},
	{"", "POST /api/serials/SN-00001/force-complete", `{}`, "409 noOpenSteps"},

	// SN-00002 gets dropped at Deburring. SN-00004 is scrapped too.
	{"11:00", "POST /api/serials/advance", "serialsAdvance", "200 result"},
	{"", "POST /api/serials/advance", `{}`, "400 invalidSerialsAdvance"},
	{"", "POST /api/serials/advance", `{"serialIds":["SN-00002","{noSerial}"]}`, "404 serials"},
	{"11:05", "POST /api/serials/advance", "serialsAdvance", "200"},
	{"11:10", "POST /api/serials/SN-00002/scrap", "serialScrap", "200 serial"},
	{"", "POST /api/serials/SN-00002/scrap", `{}`, "400 invalidSerialScrap"},
	{"", "POST /api/serials/SN-00002/scrap", `{"reason":"other"}`, "400 explanationIsMissing"},
	{"", "POST /api/serials/{noSerial}/scrap", "serialScrap", "404 serial"},
	{"", "POST /api/serials/SN-00002/scrap", "serialScrap", "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/advance", `{}`, "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/advance-to", "serialAdvanceTo", "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/force-complete", `{}`, "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/steps/{inspection}/override", "stepOverride", "409 serialIsScrapped"},
	{"", "DELETE /api/serials/SN-00002/steps/{inspection}/override", "", "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/steps/{inspection}/waive", "stepWaive", "409 serialIsScrapped"},
	{"", "POST /api/serials/SN-00002/steps/{inspection}/complete", `{}`, "409 serialIsScrapped"},
	{"", "POST /api/serials/advance", "serialsAdvance", "409 serialsRefused"},
	{"11:15", "POST /api/serials/scrap", "serialsScrap", "200 result"},
	{"", "POST /api/serials/scrap", `{}`, "400 invalidSerialsScrap"},
	{"", "POST /api/serials/scrap", `{"serialIds":["SN-00002"],"reason":"other"}`, "400 explanationIsMissing"},
	{"", "POST /api/serials/scrap", `{"serialIds":["SN-00001","{noSerial}"],"reason":"damaged"}`, "404 serials"},
	{"", "POST /api/serials/scrap", `{"serialIds":["SN-00002","SN-00003"],"reason":"damaged"}`, "409 serialsRefused"},

	// The customer accepts SN-00003 as it is.
	{"11:20", "POST /api/serials/SN-00003/force-complete", "serialForceComplete", "200 serial"},
	{"", "POST /api/serials/SN-00003/force-complete", `{"reason":7}`, "400 invalidReason"},
	{"", "POST /api/serials/{noSerial}/force-complete", `{}`, "404 serial"},
	{"", "POST /api/serials/SN-00003/force-complete", `{}`, "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/advance", `{}`, "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/advance-to", "serialAdvanceTo", "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/scrap", "serialScrap", "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/steps/{inspection}/override", "stepOverride", "409 serialIsCompleted"},
	{"", "DELETE /api/serials/SN-00003/steps/{inspection}/override", "", "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/steps/{inspection}/waive", "stepWaive", "409 serialIsCompleted"},
	{"", "POST /api/serials/SN-00003/steps/{inspection}/complete", `{}`, "409 serialIsCompleted"},

	// SN-00005 is a prototype, for a minute.
	{"11:25", "POST /api/serials/SN-00005/steps/{inspection}/override", "stepOverride", "200 serial"},
	{"", "POST /api/serials/SN-00005/steps/{inspection}/override", `{}`, "400 invalidStepOverride"},
	{"", "POST /api/serials/{noSerial}/steps/{inspection}/override", "stepOverride", "404 serial"},
	{"", "POST /api/serials/SN-00005/steps/{noStep}/override", "stepOverride", "404 step"},
	{"", "POST /api/serials/SN-00005/steps/{inspection}/override", "stepOverride", "409 stepIsOverridden"},
	{"11:26", "DELETE /api/serials/SN-00005/steps/{inspection}/override", "", "204"},
	{"", "DELETE /api/serials/{noSerial}/steps/{inspection}/override", "", "404 serial"},
	{"", "DELETE /api/serials/SN-00005/steps/{noStep}/override", "", "404 step"},
	{"", "DELETE /api/serials/SN-00005/steps/{inspection}/override", "", "409 stepIsNotOverridden"},

	// The planner looks at the job, and changes its route.
	{"11:27", "POST /api/serials/SN-00001/advance", `{"userId":"tom"}`, "200"},
	{"11:30", "GET /api/jobs/{job}", "", "200 inProduction"},
	{"", "GET /api/paths/{path}", "", "200 pathDetail"},
	{"", "GET /api/serials?pathId={path}&status=scrapped", "", "200 serialList"},
	{"11:31", "PATCH /api/steps/{machining}", "stepUpdate", "200 step"},
	{"", "PATCH /api/steps/{machining}", `{"name":""}`, "400 invalidStepUpdate"},
	{"", "PATCH /api/steps/{noStep}", "stepUpdate", "404 step"},
	{"11:32", "PUT /api/paths/{path}", "pathUpdateSteps", "200 path"},
	{"", "PUT /api/paths/{path}", `{"steps":[]}`, "400 invalidPathUpdate"},
	{"", "PUT /api/paths/{path}", `{"steps":[{"id":"{saw}","name":"Saw"},{"id":"{saw}","name":"Saw"}]}`, "400 repeatedStep"},
	{"", "PUT /api/paths/{noPath}", `{"name":"Main Route"}`, "404 path"},
	{"", "PUT /api/paths/{path}", `{"steps":[{"id":"{noStep}","name":"Saw"}]}`, "404 step"},
	{"", "PUT /api/paths/{bracketPath}", `{"steps":[{"id":"{welding}","name":"Welding"}]}`, "409 stepIsOccupied"},
	{"", "DELETE /api/paths/{noPath}", "", "404 path"},
	{"", "DELETE /api/paths/{path}", "", "409 pathHasSerials"},
	{"", "DELETE /api/jobs/{job}", "", "409 jobHasSerials"},

	// The jobs and their tickets.
	{"11:40", "GET /api/jira/tickets", "", "200 tickets"},
	{"", "GET /api/jira/tickets/PI-42", "", "200 ticket"},
	{"", "GET /api/jira/tickets/PI-999", "", "404 ticket"},
	{"", "NOJIRA GET /api/jira/tickets", "", "409 jiraIsNotConfigured"},
	{"", "NOJIRA GET /api/jira/tickets/PI-42", "", "409 jiraIsNotConfigured"},
	{"", "POST /api/jira/link", "existingJob", "200 linked"},
	{"11:41", "POST /api/jira/link", "newJob", "201 created"},
	{"", "POST /api/jira/link", `{}`, "400 invalidJiraLink"},
	{"", "POST /api/jira/link", `{"ticketKey":"PI-44","jobId":"{noJob}"}`, "404 job"},
	{"", "POST /api/jira/link", `{"ticketKey":"PI-999"}`, "404 ticket"},
	{"", "POST /api/jira/link", `{"ticketKey":"PI-44","jobId":"{job}"}`, "409 jobIsLinked"},
	{"", "POST /api/jira/link", `{"ticketKey":"PI-42"}`, "409 ticketIsLinked"},
	{"", "NOJIRA POST /api/jira/link", "newJob", "409 jiraIsNotConfigured"},
	{"", "GET /api/jira/tickets?pageToken=x", "", "400 foreignPageToken"},
	{"11:45", "POST /api/jobs", `{"name":"JOB-2024-003","goalQuantity":1}`, "201 {plainJob}"},
	{"", "POST /api/jobs", `{"name":"JOB-2024-004","goalQuantity":1,"jiraTicketKey":"PI-999"}`, "201 {lostJob}"},
	{"", "POST /api/jira/push", "push", "200 pushed"},
	{"", "POST /api/jira/push", `{}`, "400 invalidJiraPush"},
	{"", "POST /api/jira/push", `{"jobId":"{noJob}"}`, "404 job"},
	{"", "POST /api/jira/push", `{"jobId":"{lostJob}"}`, "404 ticket"},
	{"", "POST /api/jira/push", `{"jobId":"{plainJob}"}`, "409 jobIsNotLinked"},
	{"", "NOJIRA POST /api/jira/push", "push", "409 jiraIsNotConfigured"},

	// The auditor reads what happened to SN-00002.
	{"11:50", "GET /api/events?serialId=SN-00002", "", "200 eventList"},
	{"", "LIVE /api/events?serialId=SN-00002&type=serial.scrapped", "", "200"},

	// What is left are steps that bind a unit, and a step that is gone.
	{"12:00", "POST /api/serials/SN-00005/advance-to", `{"targetStepIndex":4}`, "200"},
	{"", "POST /api/serials/SN-00005/advance-to", `{"targetStepIndex":5}`, "409 stepsAreDeferred"},
	{"", "POST /api/serials/SN-00005/advance", `{}`, "409 stepsAreDeferred"},
	{"", "PUT /api/paths/{path}", `{"advancementMode":"per_step"}`, "200"},
	{"", "POST /api/serials", `{"pathId":"{path}","quantity":1}`, "201"},
	{"", "POST /api/serials/SN-00006/advance-to", `{"targetStepIndex":2}`, "409 stepBindsSerial"},
	{"", "POST /api/serials/BRK-0001/advance", `{}`, "200"},
	{"", "POST /api/serials/BRK-0002/advance", `{}`, "200"},
	{"", "PUT /api/paths/{bracketPath}", `{"steps":[{"id":"{welding}","name":"Welding"}]}`, "200"},
	{"", "POST /api/serials/BRK-0001/undo", `{}`, "409 stepIsGone"},
	{"", "DELETE /api/jobs/{ticketJob}", "", "204"},
}

// storyNames are the words in braces, with the printed ids that they stand for.
var storyNames = []string{
	"{job}", "job_01h455vb4pex5vsknk084sn02q",
	"{bracketJob}", "job_01hm6a3fj0e4vs2m1fqzjv8a6c",
	"{ticketJob}", "job_01hm6awv8re5pb7xkm4tqn9d2s",
	"{plainJob}", "job_01hm6b2e4xf8tq6s3nvjd7k9wz",
	"{lostJob}", "job_01hm6b2e4xf8tq6s3nvjd7k9x0",
	"{path}", "path_01h455vb4pex5vsknk084sn02q",
	"{bracketPath}", "path_01hm6a9c7te3wq8nvz5rkh4x1b",
	"{saw}", "step_01h455vb4pex5vsknk084sn02q",
	"{machining}", "step_01h455vb4pex5vsknk084sn02r",
	"{deburring}", "step_01h455vb4pex5vsknk084sn02s",
	"{inspection}", "step_01h455vb4pex5vsknk084sn02t",
	"{welding}", "step_01hm6a9c7te3wq8nvz5rkh4x1d",
	"{noJob}", "job_01hzzzzzzzzzzzzzzzzzzzzzzz",
	"{noPath}", "path_01hzzzzzzzzzzzzzzzzzzzzzzz",
	"{noStep}", "step_01hzzzzzzzzzzzzzzzzzzzzzzz",
	"{noSerial}", "SN-99999",
}

// storyTickets are the tickets in Jira, oldest first.
var storyTickets = []struct {
	key    string
	fields jiratest.Fields
}{
	{"PI-42", jiratest.Fields{
		"summary": "Build 50 aluminum housings", "status": jiratest.InStatus("In Progress", "indeterminate"),
		"priority": jiratest.Named("High"), "labels": []string{"Q1-2024", "rush"},
		"customfield_10908": "ALU-HOUSING-7075", "customfield_10900": 50, "customfield_10014": "PI-10",
	}},
	{"PI-43", jiratest.Fields{"summary": "Build 250 steel brackets"}},
	{"PI-44", jiratest.Fields{"summary": "Build 30 cover plates", "customfield_10900": 30}},
}

// wrongExamples are mistakes that the replay must find, one at a time: in the components/examples of the given name, right is
// replaced by wrong. The replay then reports found.
var wrongExamples = []struct{ name, example, right, wrong, found string }{
	{"a goal that was not asked for", "JobUpdateGoal", `250`, `240`, "goalQuantity"},
	{"a response from before the change", "JobUpdated", `250`, `200`, "goalQuantity: the example says 200, the server 250"},
	{"a unit that has not moved", "SerialAdvanced", `"currentStepIndex": 1`, `"currentStepIndex": 0`, "currentStepIndex"},
	{"a scrapped unit in progress", "SerialScrapped", `"status": "scrapped"`, `"status": "in_progress"`, "status"},
	{"another person", "SerialScrap", `"userId": "maria"`, `"userId": "tom"`, "scrappedBy"},
	{"a time that is not that of the scene", "SerialForceCompleted", `11:20:00`, `11:21:00`, "forceCompletedAt"},
	{"an id of another step", "Step", `sn02r`, `sn02s`, "id"},
	{"a wrong total of a job", "JobDetailWithProgress", `"totalCompleted": 2`, `"totalCompleted": 3`, "totalCompleted"},
	{"a failure in a bulk that succeeded", "SerialsAdvanced", `"failed": 0`, `"failed": 1`, "failed"},
	{"a message of another step", "SerialMoved", `Saw (step 1)`, `Saw (step 0)`, "message"},
	{"a status of another error", "SerialIsThere", `409`, `404`, "statusCode"},
	{"a field that the ticket does not have", "JobLinked", `"jiraLabels": []`, `"jiraPartNumber": "7075"`, "jiraPartNumber"},
	{"an event of another step", "EventList", `"fromStepName": "Saw"`, `"fromStepName": "Deburring"`, "fromStepName"},
	{"a name that is not the ticket's summary", "JobFromTicket", `Build 30`, `Build 40`, "name"},
}
