import assert from "node:assert/strict";
import { test } from "node:test";

import { byUrgency, dateOf, stepCounts, timingOf, type OpenJob } from "./urgency.js";

function job(id: string, fields: Partial<OpenJob> = {}): OpenJob {
  return { id, name: id, goalQuantity: 10, createdAt: "2026-11-01T00:00:00Z", updatedAt: "2026-11-01T00:00:00Z", ...fields };
}

function progress(totalCompleted: number, pathProgress: NonNullable<OpenJob["progress"]>["pathProgress"] = []): OpenJob["progress"] {
  return { totalGoal: 10, totalCompleted, totalInProgress: 0, totalScrapped: 0, percentComplete: 0, pathProgress };
}

test("jobs are sorted by priority, then by due date, then by age, each once", () => {
  const sorted = byUrgency([
    job("c"),
    job("b"),
    job("low", { priority: "low", dueDate: "2026-01-01" }),
    job("later", { dueDate: "2026-12-02" }),
    job("earlier", { priority: "normal", dueDate: "2026-12-01" }),
    job("urgent", { priority: "urgent" }),
    job("b"),
  ]);
  assert.deepEqual(sorted.map(({ id }) => id), ["urgent", "earlier", "later", "b", "c", "low"]);
});

for (const { name, due, completed = 0, want } of [
  { name: "no due date", due: undefined, want: "none" },
  { name: "yesterday", due: "2026-11-25", want: "late" },
  { name: "yesterday, but done", due: "2026-11-25", completed: 10, want: "later" },
  { name: "today", due: "2026-11-26", want: "today" },
  { name: "in 2 days", due: "2026-11-28", want: "soon" },
  { name: "in 3 days", due: "2026-11-29", want: "later" },
]) {
  test(`timing: ${name}`, () => {
    const fields = { progress: progress(completed) } as Partial<OpenJob>;
    assert.equal(timingOf(job("a", due === undefined ? fields : { ...fields, dueDate: due }), "2026-11-26"), want);
  });
}

test("steps of the same name are added up over the paths, empty ones are left out", () => {
  const step = (stepName: string, partCount: number, isBottleneck = false) => ({
    stepId: stepName,
    stepName,
    stepOrder: 0,
    partCount,
    doneCount: 0,
    isBottleneck,
  });
  const path = (distribution: ReturnType<typeof step>[]) => ({
    pathId: "p",
    pathName: "p",
    goal: 10,
    completed: 0,
    inProgress: 0,
    scrapped: 0,
    percentComplete: 0,
    distribution,
  });
  const counts = stepCounts(job("a", { progress: progress(0, [path([step("Saw", 0), step("Mill", 3)]), path([step("Mill", 4, true)])]) } as Partial<OpenJob>));
  assert.deepEqual(counts, [{ name: "Mill", count: 7, isBottleneck: true }]);
});

test("the date is that of this device", () => assert.equal(dateOf(new Date(2026, 0, 5, 23, 59)), "2026-01-05"));
