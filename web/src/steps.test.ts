import assert from "node:assert/strict";
import { test } from "node:test";

import { compareSteps, describeEdit, moveStep, newStep, readPastedSteps, toStepInput, type StandingStep, type StepDraft } from "./steps.js";

const before: StandingStep[] = [
  { id: "saw", name: "Saw", units: 4 },
  { id: "cnc", name: "CNC Machining", units: 8 },
  { id: "deburr", name: "Deburring", units: 3 },
];

const draft = (id: string, changes: Partial<StepDraft> = {}): StepDraft =>
  newStep({ id, name: before.find((step) => step.id === id)?.name ?? "", ...changes });

const cases: { name: string; after: StepDraft[]; want: ReturnType<typeof describeEdit> }[] = [
  { name: "nothing changes", after: [draft("saw"), draft("cnc"), draft("deburr")], want: [] },
  { name: "a step with units is removed", after: [draft("saw"), draft("deburr")], want: [{ name: "removed", step: "CNC Machining", units: 8 }] },
  {
    name: "a step is added behind units",
    after: [draft("saw"), newStep({ name: "Wash" }), draft("cnc"), draft("deburr")],
    want: [{ name: "added", step: "Wash", place: 2, unitsPast: 11 }],
  },
  {
    name: "a required step is moved behind units that have not done it",
    after: [draft("saw"), draft("deburr"), draft("cnc")],
    want: [{ name: "movedBehind", step: "Deburring", units: 8, owed: true }],
  },
  {
    name: "an optional step is moved behind units",
    after: [draft("deburr", { optional: true }), draft("saw"), draft("cnc")],
    want: [{ name: "movedBehind", step: "Deburring", units: 12, owed: false }],
  },
  {
    name: "a step is renamed",
    after: [draft("saw", { name: "Band saw" }), draft("cnc"), draft("deburr")],
    want: [{ name: "renamed", from: "Saw", to: "Band saw" }],
  },
];

for (const { name, after, want } of cases) {
  test(`describeEdit: ${name}`, () => assert.deepEqual(describeEdit(before, after), want));
}

test("describeEdit: without units a move is only a move", () => {
  const empty = before.map((step) => ({ ...step, units: 0 }));
  assert.deepEqual(describeEdit(empty, [draft("cnc"), draft("deburr"), draft("saw")]), [{ name: "moved", step: "Saw", place: 3 }]);
});

test("moveStep keeps every step, and ignores a place outside the list", () => {
  const steps = [draft("saw"), draft("cnc"), draft("deburr")];
  const names = (moved: StepDraft[]) => moved.map((step) => step.id);
  assert.deepEqual(names(moveStep(steps, 0, 2)), ["cnc", "deburr", "saw"]);
  assert.deepEqual(names(moveStep(steps, 2, 0)), ["deburr", "saw", "cnc"]);
  assert.deepEqual(names(moveStep(steps, 0, -1)), ["saw", "cnc", "deburr"]);
  assert.deepEqual(names(moveStep(steps, 2, 3)), ["saw", "cnc", "deburr"]);
});

test("readPastedSteps reads rows of a spreadsheet, and leaves a single cell alone", () => {
  const steps = readPastedSteps("Saw\tBay 1\ttom\r\n\r\nDeburring\t\tmaria\n");
  assert.deepEqual(
    steps?.map(({ name, location, assignedTo }) => [name, location, assignedTo]),
    [
      ["Saw", "Bay 1", "tom"],
      ["Deburring", "", "maria"],
    ],
  );
  assert.equal(readPastedSteps("CNC Machining"), undefined);
});

test("toStepInput clears what the form has cleared, and keeps the id", () => {
  assert.deepEqual(toStepInput(draft("cnc", { location: " " })), {
    id: "cnc",
    name: "CNC Machining",
    location: null,
    assignedTo: null,
    optional: false,
    dependencyType: "preferred",
  });
});

test("what somebody else has changed at a step", () => {
  const saved = (id: string, name: string, fields = {}) => ({ id, name, optional: false, dependencyType: "preferred" as const, ...fields });
  const found = compareSteps(
    [saved("saw", "Saw", { location: "Bay 1" }), saved("cnc", "CNC Machining"), saved("deburr", "Deburring")],
    [saved("deburr", "Deburring"), saved("saw", "Band saw", { optional: true }), saved("wash", "Wash")],
  );
  assert.deepEqual([...found], [
    ["saw", { name: "changed", fields: { name: "Band saw", location: "", optional: true } }],
    ["cnc", { name: "removed" }],
  ]);
});
