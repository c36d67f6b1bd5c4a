// Generated from openapi.yaml by `npm run generate`. Do not edit.
import type { CallFunction, CallOptions, RequestBody } from "./call.js";

/** The version of this package. */
export const version = "0.2.0";

/** Returns a method for each operation of the contract, grouped by resource. */
export function resources(call: CallFunction) {
  return {
    jobs: {
      /**
       * Create a job.
       *
       * Creates one production order. The server makes its id. The name need not be unique: sending the same request twice
       * without an `Idempotency-Key` creates two jobs, unless it has an `externalId`. You can set Jira fields only here;
       * later updates ignore them. If another job has the `externalId`, the response is 409.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created`.
       */
      create: (body: RequestBody<"createJob">, options?: CallOptions<"createJob">) =>
        call("createJob", "POST", "/api/jobs", {}, body, options),
      /**
       * List jobs.
       *
       * Returns jobs, newest first unless `sort` says otherwise. A job must match all filters in the request. Without
       * `limit`, the response contains every job that matches and is streamed. With `limit`, it contains one page, and the
       * `Link` header has the next page if there is one. Creating a job while you read the pages neither repeats nor hides
       * another job. A job whose due date or priority changes meanwhile can be missed or returned twice when the list is
       * sorted by it.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listJobs">) =>
        call("listJobs", "GET", "/api/jobs", {}, undefined, options),
      /**
       * Import jobs from a spreadsheet.
       *
       * Creates one job for each row of a CSV or XLSX file. The body is the file itself, at most 20 MiB and 50000 rows.
       *
       * **File.** CSV is separated by commas, semicolons, or tabs, and is UTF-8, UTF-16, or Windows-1252; the server detects both.
       * The server reads the first visible sheet of an XLSX file. A formula has the result that was saved with it. The value
       * of merged cells belongs to the first cell; the other cells are empty. The server ignores empty rows.
       *
       * **Columns.** The first row that is not empty names the columns. A column is for the field of the same name. These
       * names also work: `name`: job, job name, order, order number, work order; `goalQuantity`: goal, qty, quantity,
       * amount; `dueDate`: due, deadline, delivery date; `notes`: note, comment, comments, remarks; `externalId`: external
       * number, ERP number; `template`: route, template id; `units`: unit count, serials. Case, spaces, `-`, and `_` do not
       * matter. Use `map` for a column with another name. The server ignores other columns, so you can import a list of jobs as
       * CSV without changes. `name` and `goalQuantity` need a column.
       *
       * **Values.** Texts do not change, except that the server removes the apostrophes that a CSV export inserts. A
       * quantity may have thousands separators (`1,500`, `1.500`, `1 500`, `1'500`). A date is written `2026-12-01`,
       * `2026/12/01`, `01.12.2026` (day first), `31/12/2026`, or `12/31/2026`, or is a date cell. A date such as
       * `01/12/2026`, which can be read in two ways, is an error unless `dateOrder` is sent. A priority is `low`, `normal`,
       * `high`, or `urgent`, in upper or lower case. `jiraLabels` is a list with commas; a label with a comma or a double
       * quote is quoted as in CSV. An empty cell means that the field is absent.
       *
       * **Whole orders.** `template` is the id or the name of a template: the job gets a path with its name, steps, and advancement mode, and the
       * job's goal quantity. `units` is the number of units to create on the path; without it, none are created. At most
       * 50000 units and 100000 steps are created together.
       *
       * **Faults.** `atomic`: if a row fails, nothing is imported, and the error has the `report`; the status is 400, or 409
       * if all faults are external ids that are in use. `perItem`: the rows without a fault are imported. `dryRun` returns
       * the report without importing anything; it needs no idempotency key. All changes are one transaction.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created` for each job, and
       * `path.created` and `serial.created` for each path and unit.
       */
      import: (body: Blob, options?: CallOptions<"importJobs">) =>
        call("importJobs", "POST", "/api/jobs/import", {}, body, options),
      /**
       * Get a job with its paths and progress.
       *
       * Returns the job, its paths with their steps, and its progress. The progress always equals a count of the serial
       * numbers.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (jobId: string, options?: CallOptions<"getJob">) =>
        call("getJob", "GET", "/api/jobs/{jobId}", {jobId}, undefined, options),
      /**
       * Change a job.
       *
       * Changes the fields that are sent; `null` clears `dueDate`, `priority`, `notes`, and `externalId`. Jira fields cannot
       * be changed, so the server ignores them here. Every successful request changes `updatedAt`, even if all values are
       * the same as before.
       *
       * This `PUT` is partial: a field that is not sent does not change. Needs the role `write`. A retry sets the same
       * values again; with `If-Match`, the response to the retry is 412. Appends `job.updated`.
       */
      update: (jobId: string, body: RequestBody<"updateJob">, options?: CallOptions<"updateJob">) =>
        call("updateJob", "PUT", "/api/jobs/{jobId}", {jobId}, body, options),
      /**
       * Delete a job.
       *
       * Deletes the job and its paths. A job with serial numbers cannot be deleted (409), because its units must remain
       * traceable.
       *
       * Needs the role `write`. A retry is safe: the response is 404 if the first request succeeded. Appends `job.deleted`.
       */
      delete: (jobId: string, options?: CallOptions<"deleteJob">) =>
        call("deleteJob", "DELETE", "/api/jobs/{jobId}", {jobId}, undefined, options),
      /**
       * Close a job.
       *
       * Closes a job that is done or canceled. Until the job is reopened, the server creates no units for the job and
       * accepts no commands for its units (409). Units in progress stay where they are. The fields of the job and its paths
       * can still be changed. If the job is already closed, the response is 409.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.closed`.
       */
      close: (jobId: string, body: RequestBody<"closeJob"> | undefined = {}, options?: CallOptions<"closeJob">) =>
        call("closeJob", "POST", "/api/jobs/{jobId}/close", {jobId}, body, options),
      /**
       * Reopen a closed job.
       *
       * Allows new units and commands again. Removes `closedAt` and `closeReason`; the events keep both. If the job is not
       * closed, the response is 409.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.reopened`.
       */
      reopen: (jobId: string, body: RequestBody<"reopenJob"> | undefined = {}, options?: CallOptions<"reopenJob">) =>
        call("reopenJob", "POST", "/api/jobs/{jobId}/reopen", {jobId}, body, options),
      /**
       * Create a job with its paths, steps, and units.
       *
       * Creates a whole order in one transaction: the job, its paths with their steps, and the units on them. If any part
       * fails, nothing is created. The events are the same as those of `createJob`, `createPath`, and `createSerials`, in
       * this order. A path has either `steps` or `templateId`. At most 100000 units and 5000 steps are created together. The
       * `field` of an error has positions that count from 0, as in `paths.3.steps.2.name is required`.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created`, and `path.created`
       * and `serial.created` for each path and unit.
       */
      plan: (body: RequestBody<"planJob">, options?: CallOptions<"planJob">) =>
        call("planJob", "POST", "/api/jobs/plan", {}, body, options),
      /**
       * List the paths of a job.
       *
       * Returns the paths of one job with their steps, newest first. Without `limit`, the response contains all paths.
       *
       * Needs the role `read`. Changes nothing.
       */
      listPaths: (jobId: string, options?: CallOptions<"listJobPaths">) =>
        call("listJobPaths", "GET", "/api/jobs/{jobId}/paths", {jobId}, undefined, options),
    },
    paths: {
      /**
       * Create a path.
       *
       * Adds a route through the shop to a job. The server sets the id and the position of each step. The goals of the paths
       * need not add up to the goal of the job. Send the steps, or send `templateId` to copy the steps of a template (404 if
       * the template does not exist).
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `path.created`.
       */
      create: (body: RequestBody<"createPath">, options?: CallOptions<"createPath">) =>
        call("createPath", "POST", "/api/paths", {}, body, options),
      /**
       * Get a path and where its units stand.
       *
       * Returns the path, the number of its completed units, and the number of units at each step, which shows the
       * bottleneck.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (pathId: string, options?: CallOptions<"getPath">) =>
        call("getPath", "GET", "/api/paths/{pathId}", {pathId}, undefined, options),
      /**
       * Change a path.
       *
       * Changes the fields that are sent. `steps` is the complete list of steps. A step with an `id` is the existing step,
       * in its new position. A step without an `id` is new. A step that is not in the list is removed; the response is 409
       * if a unit in progress is at that step. An `id` must not appear twice. If no step has an `id`, the server matches the
       * steps by position. Fields of a matched step that are not sent keep their values.
       *
       * Units stay at their step, also if the step moves to another position. A step that is added behind a unit is
       * `skipped` for this unit. A required step that is moved behind a unit becomes `deferred` if the unit has not done it.
       * The events keep the names of removed steps.
       *
       * This `PUT` is partial: a field that is not sent does not change. Needs the role `write`. A retry sets the same
       * values again; with `If-Match`, the response to the retry is 412. Appends `path.updated`.
       */
      update: (pathId: string, body: RequestBody<"updatePath">, options?: CallOptions<"updatePath">) =>
        call("updatePath", "PUT", "/api/paths/{pathId}", {pathId}, body, options),
      /**
       * Delete a path.
       *
       * Deletes the path and its steps. A path with serial numbers cannot be deleted (409), because its units must remain
       * traceable.
       *
       * Needs the role `write`. A retry is safe: the response is 404 if the first request succeeded. Appends `path.deleted`.
       */
      delete: (pathId: string, options?: CallOptions<"deletePath">) =>
        call("deletePath", "DELETE", "/api/paths/{pathId}", {pathId}, undefined, options),
    },
    steps: {
      /**
       * Change a step.
       *
       * Changes the fields that are sent; `null` clears `location` and `assignedTo`. A step has no version of its own:
       * `ETag` and `If-Match` are those of its path.
       *
       * Needs the role `write`. A retry sets the same values again; with `If-Match`, the response to the retry is 412.
       * Appends `step.updated`.
       */
      update: (stepId: string, body: RequestBody<"updateStep">, options?: CallOptions<"updateStep">) =>
        call("updateStep", "PATCH", "/api/steps/{stepId}", {stepId}, body, options),
    },
    serials: {
      /**
       * Create serial numbers.
       *
       * Creates units at the first step of a path. Send `quantity` to get consecutive serial numbers from the server, or
       * send `serialNumbers`. If one unit cannot be created, none is created. A path can have more units than its goal. Two
       * serial numbers that differ only in upper and lower case cannot both exist (409), and the number of a deleted unit is
       * not used again. With `occurredAt`, the insights count the units as created at that time, and their time at the first
       * step begins then; `createdAt` remains the time of the request.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `serial.created` for each unit.
       */
      create: (body: RequestBody<"createSerials">, options?: CallOptions<"createSerials">) =>
        call("createSerials", "POST", "/api/serials", {}, body, options),
      /**
       * List serial numbers.
       *
       * Returns units, newest first. A unit must match all filters in the request. Without `limit`, the response contains
       * every unit that matches and is streamed.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listSerials">) =>
        call("listSerials", "GET", "/api/serials", {}, undefined, options),
      /**
       * Advance many serial numbers.
       *
       * Moves each unit to its next step, as `advanceSerial` does. In the mode `atomic` (the default), either all units
       * move, or no unit moves and the error lists the units that cannot move. In the mode `perItem`, each unit moves
       * independently of the others. With `fromStepId`, only units at this step move, so that two people who press the same
       * button at the same time move each unit once.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced` or
       * `serial.completed` for each unit.
       */
      advanceMany: (body: RequestBody<"advanceSerials">, options?: CallOptions<"advanceSerials">) =>
        call("advanceSerials", "POST", "/api/serials/advance", {}, body, options),
      /**
       * Scrap many serial numbers.
       *
       * Scraps each unit, as `scrapSerial` does. In the mode `atomic` (the default), either all units are scrapped or none.
       * In the mode `perItem`, each unit is scrapped independently of the others.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.scrapped` for each unit.
       */
      scrapMany: (body: RequestBody<"scrapSerials">, options?: CallOptions<"scrapSerials">) =>
        call("scrapSerials", "POST", "/api/serials/scrap", {}, body, options),
      /**
       * Advance many serial numbers past steps.
       *
       * Moves each unit to a later step, as `advanceSerialTo` does. The modes are those of `advanceSerials`. The outcome of
       * a unit that moved has `bypassed`.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced` or
       * `serial.completed` for each unit.
       */
      advanceManyTo: (body: RequestBody<"advanceSerialsTo">, options?: CallOptions<"advanceSerialsTo">) =>
        call("advanceSerialsTo", "POST", "/api/serials/advance-to", {}, body, options),
      /**
       * Make a step optional for many serial numbers.
       *
       * Makes the step optional for each unit, as `overrideStep` does. The modes are those of `advanceSerials`. All units must be
       * on the path of the step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_overridden` for each
       * unit.
       */
      overrideSteps: (body: RequestBody<"overrideSteps">, options?: CallOptions<"overrideSteps">) =>
        call("overrideSteps", "POST", "/api/serials/override", {}, body, options),
      /**
       * Undo the last change of many serial numbers.
       *
       * Undoes the last change of each unit, as `undoSerial` does. The modes are those of `advanceSerials`. Send `eventIds`
       * to undo only your own changes.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.undone` for each unit.
       */
      undoMany: (body: RequestBody<"undoSerials">, options?: CallOptions<"undoSerials">) =>
        call("undoSerials", "POST", "/api/serials/undo", {}, body, options),
      /**
       * Add a note to many serial numbers.
       *
       * Adds the same note to each unit, as `addSerialNote` does. The modes are those of `advanceSerials`.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.noted` for each unit.
       */
      addNotes: (body: RequestBody<"addSerialNotes">, options?: CallOptions<"addSerialNotes">) =>
        call("addSerialNotes", "POST", "/api/serials/notes", {}, body, options),
      /**
       * Get a serial number and its steps.
       *
       * Returns the unit, its job and path, the status of each step of the path, and which commands the unit accepts now.
       * Every operation ignores the case of serial numbers: `sn-00001` finds `SN-00001`.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (serialId: string, options?: CallOptions<"getSerial">) =>
        call("getSerial", "GET", "/api/serials/{serialId}", {serialId}, undefined, options),
      /**
       * Delete a unit that never moved.
       *
       * Deletes a unit that was created by mistake. A unit that has moved, or was scrapped or completed, cannot be deleted (409),
       * not even if that was undone. The events of the unit remain, and its serial number cannot be used again.
       *
       * Needs the role `write`. A retry is safe: the response is 404 if the first request succeeded. Appends
       * `serial.deleted`.
       */
      delete: (serialId: string, options?: CallOptions<"deleteSerial">) =>
        call("deleteSerial", "DELETE", "/api/serials/{serialId}", {serialId}, undefined, options),
      /**
       * Advance to the next step.
       *
       * Moves the unit to the next step, or completes it if it is at the last step. The response is 409 if the unit would be
       * completed with a deferred step, or would leave a completion gate while an earlier step is deferred. With
       * `fromStepId` or `fromStepIndex`, the unit moves only if it is at this step, so that sending the request twice moves
       * it once.
       *
       * With `skip`, the unit leaves its current step without having done it. An optional or overridden step becomes
       * `skipped`. A required step becomes `deferred` if the unit could bypass it with `advanceSerialTo`; otherwise the
       * response is 409.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced`, or
       * `serial.completed` after the last step.
       */
      advance: (serialId: string, body: RequestBody<"advanceSerial"> | undefined = {}, options?: CallOptions<"advanceSerial">) =>
        call("advanceSerial", "POST", "/api/serials/{serialId}/advance", {serialId}, body, options),
      /**
       * Advance past steps.
       *
       * Moves the unit to a later step. The advancement mode of the path says which steps the unit may bypass; the response
       * is 409 if it may not. A bypassed step becomes `skipped` if it is optional or overridden, and `deferred` if it is
       * required. The index after the last step completes the unit. With `fromStepId` or `fromStepIndex`, the unit moves
       * only if it is at this step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced`, or
       * `serial.completed` after the last step.
       */
      advanceTo: (serialId: string, body: RequestBody<"advanceSerialTo"> | undefined = {}, options?: CallOptions<"advanceSerialTo">) =>
        call("advanceSerialTo", "POST", "/api/serials/{serialId}/advance-to", {serialId}, body, options),
      /**
       * Scrap a unit.
       *
       * Takes the unit out of production. A scrapped unit does not count toward the goal, and accepts no command except
       * `undoSerial` and notes. With `fromStepId`, the unit is scrapped only if it is at this step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.scrapped`.
       */
      scrap: (serialId: string, body: RequestBody<"scrapSerial">, options?: CallOptions<"scrapSerial">) =>
        call("scrapSerial", "POST", "/api/serials/{serialId}/scrap", {serialId}, body, options),
      /**
       * Complete a unit although steps are open.
       *
       * Completes the unit although required steps are open; the event names them. If no required step except the current
       * one is open, the response is 409; use `advanceSerial` instead. With `fromStepId`, the unit is completed only if it
       * is at this step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.force_completed`.
       */
      forceComplete: (serialId: string, body: RequestBody<"forceCompleteSerial"> | undefined = {}, options?: CallOptions<"forceCompleteSerial">) =>
        call("forceCompleteSerial", "POST", "/api/serials/{serialId}/force-complete", {serialId}, body, options),
      /**
       * Undo the last change of a unit.
       *
       * Restores the state of the unit before its last move, scrapping, completion, or other command. The undo is a new
       * event; the server never deletes events. The next undo restores the state before the previous command. Notes cannot
       * be undone.
       *
       * With `eventId`, the server undoes only this event; the response is 409 if the unit has changed since. Send the
       * `lastEventId` from the response to your own command, so that you never undo the move of somebody else.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.undone`.
       */
      undo: (serialId: string, body: RequestBody<"undoSerial"> | undefined = {}, options?: CallOptions<"undoSerial">) =>
        call("undoSerial", "POST", "/api/serials/{serialId}/undo", {serialId}, body, options),
      /**
       * Add a note to a unit.
       *
       * Adds a note to the history of the unit, as an event of type `serial.noted`. The unit does not change, so you can
       * also add notes to completed and scrapped units.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.noted`.
       */
      addNote: (serialId: string, body: RequestBody<"addSerialNote">, options?: CallOptions<"addSerialNote">) =>
        call("addSerialNote", "POST", "/api/serials/{serialId}/notes", {serialId}, body, options),
      /**
       * Make a step optional for one unit.
       *
       * The step is optional for this unit until the unit has passed it. A `deferred` step becomes `skipped`, and the unit
       * no longer owes it.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_overridden`.
       */
      overrideStep: (serialId: string, stepId: string, body: RequestBody<"overrideStep">, options?: CallOptions<"overrideStep">) =>
        call("overrideStep", "POST", "/api/serials/{serialId}/steps/{stepId}/override", {serialId, stepId}, body, options),
      /**
       * Remove an override.
       *
       * Removes the override of the step for this unit, so that the rules of the path apply again.
       *
       * Needs the role `operate`. A retry is safe: the response is 409 if the first request succeeded. Appends
       * `serial.override_cleared`.
       */
      clearStepOverride: (serialId: string, stepId: string, options?: CallOptions<"clearStepOverride">) =>
        call("clearStepOverride", "DELETE", "/api/serials/{serialId}/steps/{stepId}/override", {serialId, stepId}, undefined, options),
      /**
       * Waive a deferred step.
       *
       * Allows the unit to be completed without the deferred step. The event contains the reason and the approver.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_waived`.
       */
      waiveStep: (serialId: string, stepId: string, body: RequestBody<"waiveStep">, options?: CallOptions<"waiveStep">) =>
        call("waiveStep", "POST", "/api/serials/{serialId}/steps/{stepId}/waive", {serialId, stepId}, body, options),
      /**
       * Report a deferred step as done.
       *
       * Records that the deferred step was done later than its order on the path.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_completed`.
       */
      completeStep: (serialId: string, stepId: string, body: RequestBody<"completeStep"> | undefined = {}, options?: CallOptions<"completeStep">) =>
        call("completeStep", "POST", "/api/serials/{serialId}/steps/{stepId}/complete", {serialId, stepId}, body, options),
    },
    events: {
      /**
       * Read the events.
       *
       * Returns the events after the event `after`, oldest first. The events are the audit trail and the change feed. A
       * client that continues after the last `seq` that it has processed gets every event exactly once. Without `limit`, the
       * response contains all events until now; with `limit`, it contains one page. An event must match all filters in the
       * request. With `order=desc`, the newest event comes first, and `before` continues with older events.
       *
       * If the `Accept` header prefers `text/event-stream` to `application/json`, the response is a live stream (Server-Sent
       * Events): the same events, and then each new event when it happens. The name of an event is its type, and its id is
       * `seq`. A client that opens the stream again with `Last-Event-ID` gets the events after that event. To get only new
       * events, pass `lastSeq` of `getSession` as `after`. A stream does not accept `order=desc`, `before`, and `since`
       * (400). The server sends a comment line every 15 seconds to keep the connection alive.
       *
       * Every `seq` belongs to an epoch of the feed, which is in the header `Routecard-Feed-Epoch`. The epoch changes when
       * the database is restored from a backup, because the numbers after the backup are then used again for other events.
       * Store the epoch with the last `seq`, and start again with the first event when the epoch changes. The server ends a
       * live stream when the epoch changes.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listEvents">) =>
        call("listEvents", "GET", "/api/events", {}, undefined, options),
    },
    insights: {
      /**
       * Count created, completed, and scrapped units over time.
       *
       * Returns the number of units that were created, completed, and scrapped in each hour, day, or week. The server
       * extends the period to whole buckets: the first bucket contains `from`, and the last bucket contains the time just
       * before `to`. A bucket without moves has zeros.
       *
       * Hours, days, and weeks are those of the time zone `tz`; a week begins on Monday. A bucket begins with the first quarter of an
       * hour (in UTC) whose local time is in the hour, day, or week of the bucket. A day therefore has 23 or 25 hours when the clocks
       * change, and an hour that the clocks repeat is two buckets.
       *
       * Needs the role `read`. Changes nothing.
       */
      getThroughput: (options?: CallOptions<"getThroughput">) =>
        call("getThroughput", "GET", "/api/insights/throughput", {}, undefined, options),
      /**
       * Measure how long units stay at each step.
       *
       * Returns how many units entered and left each step in the period, how long the units that left had stayed, and how
       * many units wait there now.
       *
       * With `jobId`, each entry is one step of a path of the job. The entries are in the order of the paths and their steps, and the
       * removed steps of a path come after its other steps. The response includes a step at which nothing happened unless the step
       * was removed.
       *
       * Without `jobId`, an entry stands for all steps that have the same name, in all jobs. The response has at most 1,000 entries:
       * those with the most waiting units first, then those that the most units left, then by name. It leaves out steps at which
       * nothing happened and no unit waits.
       *
       * - `entered`: units that were created at the step or moved to it.
       * - `left`: units that were moved from the step, completed, or force-completed there. A unit that leaves a step without having
       *   done it counts as well.
       * - `scrapped`: units that were scrapped at the step. They are not in `left`.
       * - `medianTimeMs` and `p85TimeMs`: the shortest time within which 50 % and 85 % of the units in `left` left the step, from entering
       *   to leaving, nights and weekends included. Absent when no unit left the step. A unit that left before it entered, by the times that
       *   its operators reported, counts as 0.
       * - `waiting`: units in progress that stand at the step now, whatever the period is. Without `jobId`, the units of closed jobs
       *   are left out, as in `GET /api/places`.
       *
       * Needs the role `read`. Changes nothing.
       */
      getStepTimes: (options?: CallOptions<"getStepTimes">) =>
        call("getStepTimes", "GET", "/api/insights/steps", {}, undefined, options),
      /**
       * Count scrapped units by reason and step.
       *
       * Returns how many units were scrapped in the period, by reason and by the step at which they stood. The entry with the largest
       * count comes first; entries with equal counts are sorted by the step's name and the reason. With `jobId`, each entry is about one
       * step of a path of the job. Without `jobId`, an entry stands for all steps that have the same name, in all jobs; there are at most
       * 1,000 entries. `scrapped` and `completed` count all units of the period.
       *
       * Needs the role `read`. Changes nothing.
       */
      getScrap: (options?: CallOptions<"getScrap">) =>
        call("getScrap", "GET", "/api/insights/scrap", {}, undefined, options),
      /**
       * Forecast when a job reaches its goal.
       *
       * Returns when the job will have completed its goal quantity if it continues as in the last 14 days. `basis` has the
       * numbers that the forecast was computed from: the units of the job that were completed in the last 14 days, or since
       * the job's first unit was created if that is more recent. This period is at least one day. `expectedAt` is now plus
       * `remaining` divided by `perDay`; nights and weekends count like other hours, because the basis contains them too.
       *
       * `remaining` is the goal minus the completed units, at least 0. Scrapped units do not count. The forecast does not
       * depend on units in progress. A closed job gets the same forecast as an open job.
       *
       * Needs the role `read`. Changes nothing.
       */
      getForecast: (options: CallOptions<"getForecast">) =>
        call("getForecast", "GET", "/api/insights/forecast", {}, undefined, options),
    },
    work: {
      /**
       * List what waits at which step.
       *
       * Returns one row for each step of an open job at which units wait. The first step of a path also has a row without
       * units if the path has fewer units than its goal (`toCreate`). Scrapped units don't count toward the goal. The most
       * urgent row comes first: by priority, then by due date (none comes last), then the oldest job, path, and step.
       *
       * Without `limit` the response contains all rows and is streamed. A row that changes while you read the pages may be
       * missed or returned twice, because its position can change.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listWork">) =>
        call("listWork", "GET", "/api/work", {}, undefined, options),
    },
    places: {
      /**
       * List the stations.
       *
       * Returns the locations, the assignees, and the names of all steps of open jobs, each with the number of its steps and of the
       * units that wait there. Each list is sorted by name and has at most 1000 entries, those with the most waiting units.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listPlaces">) =>
        call("listPlaces", "GET", "/api/places", {}, undefined, options),
    },
    templates: {
      /**
       * Create a template.
       *
       * Stores a list of steps for new paths. The name need not be unique.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `template.created`.
       */
      create: (body: RequestBody<"createTemplate">, options?: CallOptions<"createTemplate">) =>
        call("createTemplate", "POST", "/api/templates", {}, body, options),
      /**
       * List templates.
       *
       * Returns templates with their steps, newest first. Without `limit` the response contains all of them.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listTemplates">) =>
        call("listTemplates", "GET", "/api/templates", {}, undefined, options),
      /**
       * Get a template.
       *
       * Returns the template and its steps, or 304 without a body if the client has them.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (templateId: string, options?: CallOptions<"getTemplate">) =>
        call("getTemplate", "GET", "/api/templates/{templateId}", {templateId}, undefined, options),
      /**
       * Change a template.
       *
       * Changes the fields that are sent. `steps` replaces all steps. Paths that were created from the template do not
       * change.
       *
       * This `PUT` is partial: a field that is not sent does not change. Needs the role `write`. A retry sets the same
       * values again; with `If-Match`, the response to the retry is 412. Appends `template.updated`.
       */
      update: (templateId: string, body: RequestBody<"updateTemplate">, options?: CallOptions<"updateTemplate">) =>
        call("updateTemplate", "PUT", "/api/templates/{templateId}", {templateId}, body, options),
      /**
       * Delete a template.
       *
       * Deletes the template. Paths that were created from it do not change.
       *
       * Needs the role `write`. A retry is safe: the response is 404 if the first request succeeded. Appends
       * `template.deleted`.
       */
      delete: (templateId: string, options?: CallOptions<"deleteTemplate">) =>
        call("deleteTemplate", "DELETE", "/api/templates/{templateId}", {templateId}, undefined, options),
    },
    session: {
      /**
       * Get the session.
       *
       * Returns the role of the caller's API key, the configuration of the server, and the number of the newest event. To
       * get only new events, pass `lastSeq` as `after` to `listEvents`.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (options?: CallOptions<"getSession">) =>
        call("getSession", "GET", "/api/session", {}, undefined, options),
    },
    jira: {
      /**
       * List open Jira tickets.
       *
       * Returns one page of the open tickets of the configured project, newest first: 50 tickets by default, at most 100.
       * The `Link` header has the next page if there is one. The server stores nothing.
       *
       * Needs the role `read`. Changes nothing.
       */
      listTickets: (options?: CallOptions<"listJiraTickets">) =>
        call("listJiraTickets", "GET", "/api/jira/tickets", {}, undefined, options),
      /**
       * Get a Jira ticket.
       *
       * Returns one ticket as it is in Jira now. The server stores nothing.
       *
       * Needs the role `read`. Changes nothing.
       */
      getTicket: (ticketKey: string, options?: CallOptions<"getJiraTicket">) =>
        call("getJiraTicket", "GET", "/api/jira/tickets/{ticketKey}", {ticketKey}, undefined, options),
      /**
       * Link a ticket to a job.
       *
       * With `jobId`, links the ticket to an existing job that has no ticket, and sets the Jira fields that the job does not
       * have yet. Without `jobId`, creates a job from the ticket. Its name is the summary of the ticket, or the key if the
       * summary is empty. Its goal quantity is that of the request, else that of the ticket, else 1. If the ticket is linked
       * to another job, the response is 409 unless `allowDuplicate` is true. If Jira does not respond, nothing changes.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.linked`, and `job.created`
       * before it for a new job.
       */
      linkTicket: (body: RequestBody<"linkJiraTicket">, options?: CallOptions<"linkJiraTicket">) =>
        call("linkJiraTicket", "POST", "/api/jira/link", {}, body, options),
      /**
       * Write a job's progress to its ticket.
       *
       * Writes the job's progress to its ticket as one comment, with the counts of each path and each step. Later pushes
       * update this comment, so the ticket has only one. While a push of the job is running, another push of the same job
       * gets a 409.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.pushed`.
       */
      pushJob: (body: RequestBody<"pushJobToJira">, options?: CallOptions<"pushJobToJira">) =>
        call("pushJobToJira", "POST", "/api/jira/push", {}, body, options),
    },
  };
}

/** The methods of a client, such as `client.jobs.create`. */
export type Resources = ReturnType<typeof resources>;
