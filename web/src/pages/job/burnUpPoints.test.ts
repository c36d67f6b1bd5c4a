import assert from "node:assert/strict";
import { test } from "node:test";

import { burnUpPoints } from "./burnUpPoints.js";

const job = { createdAt: "2026-11-01T00:00:00.000Z", goalQuantity: 10 };
const now = new Date("2026-11-03T12:00:00.000Z");

function bucket(day: number, completed: number) {
  const at = (days: number) => `2026-11-0${days}T00:00:00.000Z`;
  return { from: at(day), to: at(day + 1), created: 0, completed, scrapped: 0, forceCompleted: 0 };
}

const completedOf = (points: ReturnType<typeof burnUpPoints>) => points.map(({ at, completed }) => [at.toISOString().slice(8, 13), completed]);

test("completed units are counted back from now", () => {
  const points = burnUpPoints([bucket(1, 2), bucket(2, 0), bucket(3, 3)], job, 6, now);
  assert.deepEqual(completedOf(points), [["01T00", 1], ["02T00", 3], ["03T00", 3], ["03T12", 6]]);
  assert.ok(points.every(({ needed }) => needed === undefined));
});

test("without a bucket there is nothing to show", () => {
  assert.deepEqual(burnUpPoints([], { ...job, dueDate: "2026-11-05" }, 0, now), []);
});

test("the needed units grow from the creation to the end of the due date", () => {
  const due = burnUpPoints([bucket(1, 1), bucket(2, 1), bucket(3, 0)], { ...job, dueDate: "2026-11-05" }, 2, now);
  assert.deepEqual(due.at(-1), { at: new Date(2026, 10, 6), needed: 10 });
  assert.equal(due[0]?.needed, 0);
  assert.ok(due.every(({ needed }, i) => i === 0 || (needed ?? 0) > (due[i - 1]?.needed ?? 0)));
});

test("a due date that has passed is a point between the others", () => {
  const passed = burnUpPoints([bucket(1, 1), bucket(2, 1), bucket(3, 0)], { ...job, dueDate: "2026-11-01" }, 2, now);
  const times = passed.map(({ at }) => at.getTime());
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.equal(passed.find(({ at }) => at.getTime() === new Date(2026, 10, 2).getTime())?.needed, 10);
  assert.equal(passed.at(-1)?.needed, undefined);
});
