// Generated from openapi.yaml by `npm run generate`. Do not edit.
import type { CallFunction, CallOptions, RequestBody } from "./call.js";

/** The version of this package. */
export const version = "0.1.0";

/** Returns a method for each operation of the contract, grouped by resource. */
export function resources(call: CallFunction) {
  return {
    jobs: {
      /**
       * Create a job.
       *
       * Creates one production order. Its id is made by the server, and its name need not be unique: sending the same
       * request twice without an `Idempotency-Key` creates two jobs, unless it has an `externalId`. Jira fields are taken
       * here only; later updates leave them as they are. An `externalId` that another job has is refused (409).
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created`.
       */
      create: (body: RequestBody<"createJob">, options?: CallOptions<"createJob">) =>
        call("createJob", "POST", "/api/jobs", {}, body, options),
      /**
       * List jobs.
       *
       * Answers with jobs, newest first unless `sort` says otherwise. Filters combine: a job must match all that are given.
       * Without `limit` the answer holds every job that matches and is streamed; with `limit` it is one page, and the `Link`
       * header names the next one while there is more. A job created meanwhile neither repeats nor hides another. A job whose
       * due date or priority changes meanwhile can be missed or returned twice when the list is sorted by it.
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
       * Of an XLSX file the server reads the first visible sheet. A formula counts as the result that was saved with it. The
       * value of merged cells belongs to the first of them; the others are empty. Empty rows are left out.
       *
       * **Columns.** The first row that is not empty names the columns. The server takes a column for the field of the same
       * name, or one of these other names: `name`: job, job name, order, order number, work order; `goalQuantity`: goal, qty, quantity,
       * amount; `dueDate`: due, deadline, delivery date; `notes`: note, comment, comments, remarks; `externalId`: external
       * number, ERP number; `template`: route, template id; `units`: unit count, serials. Case, spaces, `-`, and `_` do not matter. `map` names columns that are called otherwise. Other columns are
       * ignored, so a list of jobs as CSV can be imported as it is. `name` and `goalQuantity` need a column.
       *
       * **Values.** Texts are taken as they are, except for the apostrophes that a CSV export inserts. A quantity may have
       * thousands separators (`1,500`, `1.500`, `1 500`, `1'500`). A date is written `2026-12-01`, `2026/12/01`,
       * `01.12.2026` (day first), `31/12/2026`, or `12/31/2026`, or is a date cell. A date such as `01/12/2026`, which can be
       * read in two ways, is a fault unless `dateOrder` is sent. A priority is `low`, `normal`, `high`, or `urgent`, in upper or lower case. `jiraLabels` is a list with commas, in which
       * a label with a comma or a double quote is quoted as in CSV. An empty cell leaves the field out.
       *
       * **Whole orders.** `template` is the id or the name of a template: the job gets a path with its name, steps, and advancement mode, and the
       * job's goal quantity. `units` is how many units are created on the path; without it there are none. At most 50000 units
       * and 100000 steps are created together.
       *
       * **Faults.** `atomic`: when a row fails nothing is imported, and the error has the `report`; the status is 400, or 409 if the only faults are
       * external ids that are in use. `perItem`: the rows without a fault are imported. `dryRun` returns the report of
       * an import that was not made; it changes nothing and needs no idempotency key. All changes are one transaction.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created` for each job, and
       * `path.created` and `serial.created` for each path and unit.
       */
      import: (body: Blob, options?: CallOptions<"importJobs">) =>
        call("importJobs", "POST", "/api/jobs/import", {}, body, options),
      /**
       * Get a job with its paths and progress.
       *
       * Answers with the job, its paths with their steps, and its progress, which equals at every moment what counting
       * the serial numbers would give.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (jobId: string, options?: CallOptions<"getJob">) =>
        call("getJob", "GET", "/api/jobs/{jobId}", {jobId}, undefined, options),
      /**
       * Change a job.
       *
       * Changes what is sent and leaves the rest; `null` clears `dueDate`, `priority`, `notes`, and `externalId`. Jira fields are
       * write-once: sent here they are ignored. `updatedAt` moves on every success, also when nothing was different.
       *
       * This `PUT` is partial: a field that is not sent stays as it is. Needs the role `write`. A retry sets the same values
       * again; with `If-Match` it is refused (412). Appends `job.updated`.
       */
      update: (jobId: string, body: RequestBody<"updateJob">, options?: CallOptions<"updateJob">) =>
        call("updateJob", "PUT", "/api/jobs/{jobId}", {jobId}, body, options),
      /**
       * Delete a job.
       *
       * Deletes the job and its paths. A job with serial numbers has history and stays (409): what was made must remain
       * traceable.
       *
       * Needs the role `write`. A retry is safe: it answers 404 when the first request has succeeded. Appends `job.deleted`.
       */
      delete: (jobId: string, options?: CallOptions<"deleteJob">) =>
        call("deleteJob", "DELETE", "/api/jobs/{jobId}", {jobId}, undefined, options),
      /**
       * Close a job.
       *
       * Ends a job that is done or canceled. From the commit on, no unit is created on the job and no command is accepted for
       * its units (409), until the job is reopened. Units in progress stay where they are. The job's own fields and its paths
       * can still be changed. A job that is closed already is refused (409).
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.closed`.
       */
      close: (jobId: string, body: RequestBody<"closeJob"> | undefined = {}, options?: CallOptions<"closeJob">) =>
        call("closeJob", "POST", "/api/jobs/{jobId}/close", {jobId}, body, options),
      /**
       * Reopen a closed job.
       *
       * Makes units and commands possible again. `closedAt` and `closeReason` are removed; the events keep both. A job that is
       * not closed is refused (409).
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.reopened`.
       */
      reopen: (jobId: string, body: RequestBody<"reopenJob"> | undefined = {}, options?: CallOptions<"reopenJob">) =>
        call("reopenJob", "POST", "/api/jobs/{jobId}/reopen", {jobId}, body, options),
      /**
       * Create a job with its paths, steps, and units.
       *
       * Creates a whole order in one transaction: the job, its paths with their steps, and the units on them. Everything is
       * created or nothing is. The events are the same as those of `createJob`, `createPath`, and `createSerials`, in this order.
       * A path has either `steps` or `templateId`. At most 100000 units and 5000 steps are created together. An error names the
       * place, with positions counted from 0, as in `paths.3.steps.2.name is required`.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.created`, and `path.created`
       * and `serial.created` for each path and unit.
       */
      plan: (body: RequestBody<"planJob">, options?: CallOptions<"planJob">) =>
        call("planJob", "POST", "/api/jobs/plan", {}, body, options),
      /**
       * List the paths of a job.
       *
       * Answers with the paths of one job and their steps, newest first. Without `limit` the answer holds all of them.
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
       * Gives a job one more route through the shop. The server gives each step its id and its place. Path goals need not add up
       * to the goal of the job. The steps are either sent or copied from a template (`templateId`); an unknown template is
       * refused (404).
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `path.created`.
       */
      create: (body: RequestBody<"createPath">, options?: CallOptions<"createPath">) =>
        call("createPath", "POST", "/api/paths", {}, body, options),
      /**
       * Get a path and where its units stand.
       *
       * Answers with the path, how many of its units are completed, and for each step how many stand there now, so that the
       * bottleneck shows.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (pathId: string, options?: CallOptions<"getPath">) =>
        call("getPath", "GET", "/api/paths/{pathId}", {pathId}, undefined, options),
      /**
       * Change a path.
       *
       * Changes what is sent and leaves the rest. Steps are sent as a whole: one sent with its `id` is that step, wherever it
       * now stands; one without is new; one left out is removed, unless a unit in progress stands there (409). No id may stand
       * twice. When no step carries an id, they are matched by position. Within a matched step, what is not sent stays.
       *
       * Units keep their place: they stand at the same step as before, wherever that now is. A step that is added behind a unit
       * does not bind it (`skipped`); a required one that is moved behind a unit which has not done it becomes `deferred`.
       * History keeps the names of removed steps.
       *
       * This `PUT` is partial: a field that is not sent stays as it is. Needs the role `write`. A retry sets the same values
       * again; with `If-Match` it is refused (412). Appends `path.updated`.
       */
      update: (pathId: string, body: RequestBody<"updatePath">, options?: CallOptions<"updatePath">) =>
        call("updatePath", "PUT", "/api/paths/{pathId}", {pathId}, body, options),
      /**
       * Delete a path.
       *
       * Deletes the path and its steps. A path with serial numbers has history and stays (409).
       *
       * Needs the role `write`. A retry is safe: it answers 404 when the first request has succeeded. Appends `path.deleted`.
       */
      delete: (pathId: string, options?: CallOptions<"deletePath">) =>
        call("deletePath", "DELETE", "/api/paths/{pathId}", {pathId}, undefined, options),
    },
    steps: {
      /**
       * Change a step.
       *
       * Changes what is sent and leaves the rest; `null` clears `location` and `assignedTo`. The step is part of its path: the
       * `ETag` is the path's, and an `If-Match` names the path's version.
       *
       * Needs the role `write`. A retry sets the same values again; with `If-Match` it is refused (412). Appends
       * `step.updated`.
       */
      update: (stepId: string, body: RequestBody<"updateStep">, options?: CallOptions<"updateStep">) =>
        call("updateStep", "PATCH", "/api/steps/{stepId}", {stepId}, body, options),
    },
    serials: {
      /**
       * Create serial numbers.
       *
       * Puts units on a path, at its first step: either `quantity` of them with numbers from the server, contiguous within the
       * call, or those of `serialNumbers`. All of them are created or none. More units than the goal are allowed. Two serial
       * numbers that differ only in upper and lower case cannot both exist (409), and the number of a deleted unit is not used
       * again.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `serial.created` for each unit.
       */
      create: (body: RequestBody<"createSerials">, options?: CallOptions<"createSerials">) =>
        call("createSerials", "POST", "/api/serials", {}, body, options),
      /**
       * List serial numbers.
       *
       * Answers with units, newest first. Filters combine. Without `limit` the answer holds every unit that matches and is
       * streamed.
       *
       * Needs the role `read`. Changes nothing.
       */
      list: (options?: CallOptions<"listSerials">) =>
        call("listSerials", "GET", "/api/serials", {}, undefined, options),
      /**
       * Advance many serial numbers.
       *
       * Moves each unit to its next step, as `advanceSerial` does. `atomic` (the default): all move or none, and the error lists
       * the units that could not. `perItem`: each answers for itself. With `fromStepId` only units that stand at this step move,
       * so that two people who press the same button at the same time move each unit once.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced` or
       * `serial.completed` for each unit.
       */
      advanceMany: (body: RequestBody<"advanceSerials">, options?: CallOptions<"advanceSerials">) =>
        call("advanceSerials", "POST", "/api/serials/advance", {}, body, options),
      /**
       * Scrap many serial numbers.
       *
       * Takes units out of production for good, as `scrapSerial` does. `atomic` (the default): all or none. `perItem`: each
       * answers for itself.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.scrapped` for each unit.
       */
      scrapMany: (body: RequestBody<"scrapSerials">, options?: CallOptions<"scrapSerials">) =>
        call("scrapSerials", "POST", "/api/serials/scrap", {}, body, options),
      /**
       * Advance many serial numbers past steps.
       *
       * Moves each unit forward to a step, as `advanceSerialTo` does. The modes are those of `advanceSerials`. Each outcome of a
       * unit that moved has `bypassed`.
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
       * Take back the last change of many serial numbers.
       *
       * Takes back the last change of each unit, as `undoSerial` does. The modes are those of `advanceSerials`. Send `eventIds` to
       * take back your own changes only.
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
       * Returns the unit, its job and path, the status of each step of the path, and which commands the unit accepts now. The
       * lookup ignores case: `sn-00001` finds `SN-00001`. The same holds for every operation that names a serial number.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (serialId: string, options?: CallOptions<"getSerial">) =>
        call("getSerial", "GET", "/api/serials/{serialId}", {serialId}, undefined, options),
      /**
       * Delete a unit that never moved.
       *
       * Deletes a unit that was created by mistake. A unit that has moved, or was scrapped or completed, cannot be deleted (409),
       * not even if that was undone. The events of the unit stay, and its serial number is not used again.
       *
       * Needs the role `write`. A retry is safe: it answers 404 when the first request has succeeded. Appends
       * `serial.deleted`.
       */
      delete: (serialId: string, options?: CallOptions<"deleteSerial">) =>
        call("deleteSerial", "DELETE", "/api/serials/{serialId}", {serialId}, undefined, options),
      /**
       * Advance to the next step.
       *
       * Moves the unit to the next step, or completes it when it stands at the last one. It is not completed while a step is
       * deferred, and does not leave a completion gate while an earlier step is (409). With `fromStepId` or `fromStepIndex` the
       * unit moves only if it still stands there, so that pressing twice moves it once.
       *
       * With `skip` the unit leaves its current step without having done it. An optional or overridden step becomes `skipped`. A
       * required step becomes `deferred` if the unit could bypass it with `advanceSerialTo`, and the answer is 409 if not.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced`, or
       * `serial.completed` after the last step.
       */
      advance: (serialId: string, body: RequestBody<"advanceSerial"> | undefined = {}, options?: CallOptions<"advanceSerial">) =>
        call("advanceSerial", "POST", "/api/serials/{serialId}/advance", {serialId}, body, options),
      /**
       * Advance past steps.
       *
       * Moves the unit forward to a step, by the rules of the path's advancement mode. Steps in between are skipped (optional or
       * overridden ones) or deferred (required ones), where the mode allows it; 409 where it does not. The index one past the
       * last step means completed. With `fromStepId` or `fromStepIndex` the unit moves only if it still stands there.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.advanced`, or
       * `serial.completed` after the last step.
       */
      advanceTo: (serialId: string, body: RequestBody<"advanceSerialTo"> | undefined = {}, options?: CallOptions<"advanceSerialTo">) =>
        call("advanceSerialTo", "POST", "/api/serials/{serialId}/advance-to", {serialId}, body, options),
      /**
       * Scrap a unit.
       *
       * Takes the unit out of production for good. It counts for nothing any more; only `undoSerial` brings it back. With
       * `fromStepId` the unit is scrapped only if it still stands at this step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.scrapped`.
       */
      scrap: (serialId: string, body: RequestBody<"scrapSerial">, options?: CallOptions<"scrapSerial">) =>
        call("scrapSerial", "POST", "/api/serials/{serialId}/scrap", {serialId}, body, options),
      /**
       * Complete a unit over open steps.
       *
       * Completes the unit although required steps are open; the event names them. If no step except the current one is required
       * and open, the answer is 409: advance the unit instead. With `fromStepId` the unit is completed only if it still stands at
       * this step.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.force_completed`.
       */
      forceComplete: (serialId: string, body: RequestBody<"forceCompleteSerial"> | undefined = {}, options?: CallOptions<"forceCompleteSerial">) =>
        call("forceCompleteSerial", "POST", "/api/serials/{serialId}/force-complete", {serialId}, body, options),
      /**
       * Take back the last change of a unit.
       *
       * Gives the unit back the state before its last move, scrap, completion or other command, as a new event: history is never
       * erased. Sent again, it takes back the one before that. Notes are not taken back.
       *
       * With `eventId` it takes back this event only, and the answer is 409 if another change of the unit has followed. Send the
       * `lastEventId` from the response to your own command, so that you never take back the move of somebody else.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.undone`.
       */
      undo: (serialId: string, body: RequestBody<"undoSerial"> | undefined = {}, options?: CallOptions<"undoSerial">) =>
        call("undoSerial", "POST", "/api/serials/{serialId}/undo", {serialId}, body, options),
      /**
       * Add a note to a unit.
       *
       * Adds a note to the history of the unit, as an event of type `serial.noted`. The unit stays where it is, so a note is also
       * possible when the unit is completed or scrapped.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.noted`.
       */
      addNote: (serialId: string, body: RequestBody<"addSerialNote">, options?: CallOptions<"addSerialNote">) =>
        call("addSerialNote", "POST", "/api/serials/{serialId}/notes", {serialId}, body, options),
      /**
       * Make a step optional for one unit.
       *
       * For this unit the step counts as optional until it has been passed. A step that was passed and is `deferred` becomes
       * `skipped`: the unit no longer owes it.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_overridden`.
       */
      overrideStep: (serialId: string, stepId: string, body: RequestBody<"overrideStep">, options?: CallOptions<"overrideStep">) =>
        call("overrideStep", "POST", "/api/serials/{serialId}/steps/{stepId}/override", {serialId, stepId}, body, options),
      /**
       * Take back an override.
       *
       * The step binds this unit again as its path says.
       *
       * Needs the role `operate`. A retry is safe: it answers 409 when the first request has succeeded. Appends
       * `serial.override_cleared`.
       */
      clearStepOverride: (serialId: string, stepId: string, options?: CallOptions<"clearStepOverride">) =>
        call("clearStepOverride", "DELETE", "/api/serials/{serialId}/steps/{stepId}/override", {serialId, stepId}, undefined, options),
      /**
       * Excuse a deferred step.
       *
       * The unit may be completed without the step. The event keeps the reason and who approved it.
       *
       * Needs the role `operate`. A retry with the same `Idempotency-Key` is safe. Appends `serial.step_waived`.
       */
      waiveStep: (serialId: string, stepId: string, body: RequestBody<"waiveStep">, options?: CallOptions<"waiveStep">) =>
        call("waiveStep", "POST", "/api/serials/{serialId}/steps/{stepId}/waive", {serialId, stepId}, body, options),
      /**
       * Report a deferred step as done.
       *
       * The step was done after all, out of its order.
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
       * Answers with every change since the event `after`, oldest first: the audit trail and the change feed in one. A reader that
       * goes on from the last `seq` it has seen gets every event exactly once. Without `limit` the answer holds all events to
       * this moment; with `limit` it is one page. Filters combine: an event must match all that are given. With `order=desc`
       * the newest event comes first, and `before` continues towards older ones.
       *
       * When the `Accept` header prefers `text/event-stream` to `application/json`, the answer is a live stream (Server-Sent
       * Events): the same events, then each new one as it happens, named by its type, with `seq` as its id. A stream that is opened again with `Last-Event-ID` goes on after
       * that event. To begin with the events from now on, pass `lastSeq` of `getSession` as `after`. `order=desc`, `before`, and
       * `since` are for lists: a stream refuses them (400). A comment line every 15 seconds shows that the connection lives.
       *
       * Every `seq` belongs to an epoch of the feed, which the header `Routecard-Feed-Epoch` names. The epoch changes when the
       * database is restored from a backup: numbers that were given after the backup are then given again, to other events. Keep
       * the epoch next to the last `seq`, and start over with the first event when the epoch is another one. The server ends a
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
       * Returns the number of units that were created, completed, and scrapped in each hour, day, or week. The period is widened to
       * whole buckets: the first bucket contains `from`, and the last one contains the moment before `to`. A bucket without moves has
       * zeros.
       *
       * Hours, days, and weeks are those of the time zone `tz`; a week begins on Monday. A bucket begins with the first quarter of an
       * hour (in UTC) whose local hour, date, or week is the bucket's, so a day has 23 or 25 hours when the clocks change, and an
       * hour that the clocks repeat is two buckets.
       *
       * Needs the role `read`. Changes nothing.
       */
      getThroughput: (options?: CallOptions<"getThroughput">) =>
        call("getThroughput", "GET", "/api/insights/throughput", {}, undefined, options),
      /**
       * Measure how long units stay at each step.
       *
       * Returns how many units entered and left each step in the period, how long those that left had stayed, and how many wait there
       * now. With `jobId` each entry is one step of a path of the job, in the order of the paths and their steps, the removed
       * steps of a path after the others; steps at which nothing happened are included unless they were removed. Without `jobId`
       * an entry stands for all steps that have the same name, in all jobs: at most 1,000 entries, those with the most units
       * waiting first, then those that the most units left, then by name; steps at which nothing happened and nothing waits are
       * left out.
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
       * Returns how many units were scrapped in the period, by reason and by the step at which they stood, the largest count first, then
       * by the step's name and the reason. With `jobId` each entry is about one step of a path of the job. Without `jobId` an entry stands
       * for all steps that have the same name, in all jobs; there are at most 1,000 entries. `scrapped` and `completed` count all units
       * of the period.
       *
       * Needs the role `read`. Changes nothing.
       */
      getScrap: (options?: CallOptions<"getScrap">) =>
        call("getScrap", "GET", "/api/insights/scrap", {}, undefined, options),
      /**
       * Forecast when a job reaches its goal.
       *
       * Returns when the job will have completed its goal quantity if it goes on as in the last 14 days. `basis` states what the forecast
       * was computed from: the units of the job that were completed in the last 14 days, or since the job's first unit was created if that is
       * more recent, but not in less than one day. `expectedAt` is now plus `remaining` divided by `perDay`; nights and weekends
       * count like other hours, because the basis contains them too.
       *
       * `remaining` is the goal less the completed units, at least 0. Scrapped units count for nothing, and units in progress are not
       * needed for the forecast: they may have to be created yet. A closed job gets the forecast that it would get if it were open.
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
       * Returns one row for each step of an open job at which units wait. A path's first step has a row also without units, while
       * the path has fewer units than its goal (`toCreate`). Scrapped units don't count towards the goal. The most urgent row
       * comes first: by priority, then by due date (none comes last), then the oldest job, path, and step.
       *
       * Without `limit` the response contains all rows and is streamed. A row that changes while the pages are read may be
       * missed or returned twice, because its place can change.
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
       * Stores a list of steps from which paths can be made. The name need not be unique.
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
       * Returns the template and its steps.
       *
       * Needs the role `read`. Changes nothing.
       */
      get: (templateId: string, options?: CallOptions<"getTemplate">) =>
        call("getTemplate", "GET", "/api/templates/{templateId}", {templateId}, undefined, options),
      /**
       * Change a template.
       *
       * Changes what is sent and leaves the rest. `steps` replaces all steps. Paths that were made from the template stay as they
       * are.
       *
       * This `PUT` is partial: a field that is not sent stays as it is. Needs the role `write`. A retry sets the same values
       * again; with `If-Match` it is refused (412). Appends `template.updated`.
       */
      update: (templateId: string, body: RequestBody<"updateTemplate">, options?: CallOptions<"updateTemplate">) =>
        call("updateTemplate", "PUT", "/api/templates/{templateId}", {templateId}, body, options),
      /**
       * Delete a template.
       *
       * Deletes the template. Paths that were made from it stay as they are.
       *
       * Needs the role `write`. A retry is safe: it answers 404 when the first request has succeeded. Appends
       * `template.deleted`.
       */
      delete: (templateId: string, options?: CallOptions<"deleteTemplate">) =>
        call("deleteTemplate", "DELETE", "/api/templates/{templateId}", {templateId}, undefined, options),
    },
    session: {
      /**
       * Get what the caller may do here.
       *
       * Returns the role of the caller's API key, what this server is configured for, and the number of the newest event. To
       * follow the feed from now on, pass `lastSeq` as `after` to `listEvents`.
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
       * Answers with the open tickets of the configured project, newest first, one page of Jira's at a time: 50 unless
       * `limit` says otherwise, at most 100. The `Link` header names the next page while there is more. Nothing is stored.
       *
       * Needs the role `read`. Changes nothing.
       */
      listTickets: (options?: CallOptions<"listJiraTickets">) =>
        call("listJiraTickets", "GET", "/api/jira/tickets", {}, undefined, options),
      /**
       * Get a Jira ticket.
       *
       * Answers with one ticket as Jira has it now. Nothing is stored.
       *
       * Needs the role `read`. Changes nothing.
       */
      getTicket: (ticketKey: string, options?: CallOptions<"getJiraTicket">) =>
        call("getJiraTicket", "GET", "/api/jira/tickets/{ticketKey}", {ticketKey}, undefined, options),
      /**
       * Link a ticket to a job.
       *
       * With `jobId`, gives an existing job the ticket's fields: allowed once, while it has no ticket, and fields that the
       * job has already stay. Without, creates a job from the ticket: its name is the ticket's summary (the key where that
       * is empty), its goal quantity the one of the request, else the ticket's, else 1. A ticket that another job is linked
       * to is refused (409) unless `allowDuplicate` is true. Nothing is changed unless Jira has answered.
       *
       * Needs the role `write`. A retry with the same `Idempotency-Key` is safe. Appends `job.linked`, and `job.created`
       * before it for a new job.
       */
      linkTicket: (body: RequestBody<"linkJiraTicket">, options?: CallOptions<"linkJiraTicket">) =>
        call("linkJiraTicket", "POST", "/api/jira/link", {}, body, options),
      /**
       * Write a job's progress to its ticket.
       *
       * Writes the job's progress to its ticket as one comment, with the counts of each path and each step. Later pushes update that comment, so the ticket never has
       * two. Pushes of one job happen one at a time: while one is under way another is refused (409).
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
