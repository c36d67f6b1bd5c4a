import assert from "node:assert/strict";
import { test } from "node:test";

import { newStep } from "../../steps.js";
import { emptyJob, fromJob, newPath, toPlan, withTicket } from "./draft.js";

test("toPlan leaves out what was not filled in", () => {
  assert.deepEqual(toPlan({ ...emptyJob(), name: " JOB-1 ", goalQuantity: "50" }), { name: "JOB-1", goalQuantity: 50, paths: [] });
});

test("toPlan sends no quantity for a text that is no number, so that the server names it", () => {
  assert.equal("goalQuantity" in toPlan({ ...emptyJob(), name: "JOB-1", goalQuantity: "fifty" }), false);
  assert.equal(toPlan({ ...emptyJob(), goalQuantity: "1.5" }).goalQuantity, 1.5);
});

test("toPlan gives a path the goal of the job, and its units", () => {
  const path = newPath({ steps: [newStep({ name: "Saw", location: "Bay 1" }), newStep()], units: "own", serialNumbers: "A-1\nA-2\n\n" });
  assert.deepEqual(toPlan({ ...emptyJob(), name: "JOB-1", goalQuantity: "2", paths: [path] }).paths, [
    {
      name: "Main Route",
      goalQuantity: 2,
      advancementMode: "strict",
      steps: [{ name: "Saw", location: "Bay 1", optional: false, dependencyType: "preferred" }],
      serialNumbers: ["A-1", "A-2"],
    },
  ]);
});

test("fromJob copies the route, and not what belongs to the other job alone", () => {
  const draft = fromJob({
    id: "job_1",
    name: "JOB-1",
    goalQuantity: 5,
    dueDate: "2026-12-01",
    externalId: "ERP-1",
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    paths: [
      {
        id: "path_1",
        jobId: "job_1",
        name: "Main Route",
        goalQuantity: 5,
        advancementMode: "flexible",
        steps: [{ id: "step_1", name: "Saw", order: 0, optional: true, dependencyType: "physical" }],
        createdAt: "2026-01-01T00:00:00.000Z",
        updatedAt: "2026-01-01T00:00:00.000Z",
      },
    ],
    progress: { totalGoal: 5, totalCompleted: 0, totalInProgress: 0, totalScrapped: 0, percentComplete: 0, pathProgress: [] },
  });
  assert.deepEqual([draft.name, draft.goalQuantity, draft.dueDate, draft.externalId], ["JOB-1 (copy)", "5", "", ""]);
  assert.deepEqual(toPlan(draft).paths[0]?.steps, [{ name: "Saw", optional: true, dependencyType: "physical" }]);
});

test("withTicket takes the name and the quantity of the ticket", () => {
  const plan = toPlan(withTicket(emptyJob(), { key: "PI-42", summary: "Build 50 housings", quantity: 50, labels: [], url: "https://jira.example/PI-42" }));
  assert.deepEqual(plan, { name: "Build 50 housings", goalQuantity: 50, jiraTicketKey: "PI-42", jiraTicketSummary: "Build 50 housings", paths: [] });
});
