import assert from "node:assert/strict";
import { test } from "node:test";

import { formatDuration, scrapByReason, workInProgress, type Bucket } from "./numbers.js";

function bucket(created: number, completed: number, scrapped = 0): Bucket {
  return { from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z", created, completed, scrapped, forceCompleted: 0 };
}

test("work in progress is counted back from now", () => {
  assert.deepEqual(workInProgress([bucket(10, 0), bucket(5, 3, 1), bucket(0, 4)], 7), [10, 11, 7]);
  assert.deepEqual(workInProgress([], 7), []);
});

test("scrap is added up by reason", () => {
  assert.deepEqual(
    scrapByReason([
      { reason: "damaged", stepName: "Saw", scrapped: 2 },
      { reason: "other", stepName: "Saw", scrapped: 4 },
      { reason: "damaged", stepName: "Mill", scrapped: 3 },
    ]),
    [
      { reason: "damaged", scrapped: 5 },
      { reason: "other", scrapped: 4 },
    ],
  );
});

for (const [milliseconds, want] of [
  [0, "0 s"],
  [20_400, "20 s"],
  [35 * 60_000, "35 min"],
  [3_600_000, "1 h"],
  [7_199_999, "2 h"],
  [5 * 3_600_000 + 120_000, "5 h 2 min"],
  [52 * 3_600_000, "2 d 4 h"],
  [48 * 3_600_000 - 1, "2 d"],
] as const) {
  test(`duration: ${want}`, () => assert.equal(formatDuration(milliseconds), want));
}
