import type { Schemas } from "./api.js";

/** A step as a form holds it. A step that is not saved yet has no id. */
export interface StepDraft {
  /** Identifies the row of the form. */
  key: number;
  id: string | undefined;
  name: string;
  location: string;
  assignedTo: string;
  optional: boolean;
  dependencyType: Schemas["DependencyType"];
}

let lastKey = 0;

/** Returns a step of a form, empty unless fields are given. */
export function newStep(fields: Partial<Omit<StepDraft, "key">> = {}): StepDraft {
  return { id: undefined, name: "", location: "", assignedTo: "", optional: false, dependencyType: "preferred", ...fields, key: ++lastKey };
}

type SavedStep = Omit<Schemas["Step"], "id" | "order"> & { id?: string };

/** Returns the steps of a path or a template for a form. `keepIds` keeps the ids, which edits of a path need. */
export function toDrafts(steps: readonly SavedStep[], ids: "keepIds" | "dropIds"): StepDraft[] {
  return steps.map((step) =>
    newStep({
      id: ids === "keepIds" ? step.id : undefined,
      name: step.name,
      location: step.location ?? "",
      assignedTo: step.assignedTo ?? "",
      optional: step.optional,
      dependencyType: step.dependencyType,
    }),
  );
}

/** Returns a step of a form as a new step of the API. */
export function toStepCreate({ name, location, assignedTo, optional, dependencyType }: StepDraft): Schemas["StepCreate"] {
  return {
    name,
    ...(location.trim() !== "" && { location: location.trim() }),
    ...(assignedTo.trim() !== "" && { assignedTo: assignedTo.trim() }),
    optional,
    dependencyType,
  };
}

/** Returns a step of a form as a step of an edited path. */
export function toStepInput(step: StepDraft): Schemas["StepInput"] {
  return {
    ...(step.id !== undefined && { id: step.id }),
    name: step.name,
    location: step.location.trim() || null,
    assignedTo: step.assignedTo.trim() || null,
    optional: step.optional,
    dependencyType: step.dependencyType,
  };
}

/** Returns the steps with the one at `from` moved to `to`. A place outside the list changes nothing. */
export function moveStep(steps: readonly StepDraft[], from: number, to: number): StepDraft[] {
  const moved = [...steps];
  if (to < 0 || to >= steps.length) return moved;
  moved.splice(to, 0, ...moved.splice(from, 1));
  return moved;
}

/**
 * Reads rows that were copied from a spreadsheet: name, location, and assignee, separated by tabs. It returns undefined for a
 * single cell, which is ordinary text.
 */
export function readPastedSteps(text: string): StepDraft[] | undefined {
  if (!/[\t\n]/.test(text.trim())) return undefined;
  return text
    .split(/\r?\n/)
    .map((line) => line.split("\t").map((cell) => cell.trim()))
    .filter(([name]) => name !== undefined && name !== "")
    .map(([name = "", location = "", assignedTo = ""]) => newStep({ name, location, assignedTo }));
}

/** What somebody else has done to a step: removed it, or given these of its fields other values. */
export type StepChange = { name: "removed" } | { name: "changed"; fields: Partial<ComparedFields> };

type ComparedFields = Omit<StepDraft, "key" | "id">;

/** Returns how the steps of a path differ from what they were, by the id of the step. New steps and the order do not count. */
export function compareSteps(before: readonly SavedStep[], after: readonly SavedStep[]): Map<string, StepChange> {
  const changes = new Map<string, StepChange>();
  const now = new Map(toDrafts(after, "keepIds").map((step) => [step.id, step]));
  for (const { id, key: _, ...was } of toDrafts(before, "keepIds")) {
    if (id === undefined) continue;
    const is = now.get(id);
    if (!is) {
      changes.set(id, { name: "removed" });
      continue;
    }
    const names = Object.keys(was) as (keyof ComparedFields)[];
    const fields = Object.fromEntries(names.filter((name) => was[name] !== is[name]).map((name) => [name, is[name]]));
    if (Object.keys(fields).length > 0) changes.set(id, { name: "changed", fields });
  }
  return changes;
}

/** What an edit of a path means for its units. Steps are counted from 1. */
export type EditEffect =
  | { name: "removed"; step: string; units: number }
  | { name: "added"; step: string; place: number; unitsPast: number }
  | { name: "movedBehind"; step: string; units: number; owed: boolean }
  | { name: "moved"; step: string; place: number }
  | { name: "renamed"; from: string; to: string };

/** The steps before an edit, with the number of units that stand at each. */
export interface StandingStep {
  id: string;
  name: string;
  units: number;
}

/**
 * Returns what an edit means, in the order of the steps after it. Units stay at their step, so a step that gets behind a unit
 * is one that the unit never passes: a new step does not bind it, and a required one that it has not done is owed.
 */
export function describeEdit(before: readonly StandingStep[], after: readonly StepDraft[]): EditEffect[] {
  const effects: EditEffect[] = [];
  const unitsAt = new Map(before.map((step) => [step.id, step.units]));
  const oldPlaces = new Map(before.map((step, place) => [step.id, place]));
  const kept = after.filter((step) => step.id !== undefined && oldPlaces.has(step.id));
  const keptIds = new Set(kept.map((step) => step.id));
  for (const step of before) {
    if (!keptIds.has(step.id)) effects.push({ name: "removed", step: step.name, units: step.units });
  }
  const unitsOf = (steps: readonly StepDraft[]) => steps.reduce((sum, { id }) => sum + (unitsAt.get(id ?? "") ?? 0), 0);
  const oldPlaceOf = (step: StepDraft) => oldPlaces.get(step.id ?? "") ?? Infinity;
  // Units at a step that stood before the given one and now stands after it.
  const overtakenBy = (step: StepDraft) =>
    unitsOf(after.slice(after.indexOf(step) + 1).filter((later) => later.id !== undefined && oldPlaceOf(later) < oldPlaceOf(step)));
  // Of two steps that change places, the one that matters to units counts as the one that has moved.
  const stayed = longestRising(kept.filter((step) => overtakenBy(step) === 0).map(oldPlaceOf));
  const oldNames = new Map(before.map((step) => [step.id, step.name]));
  for (const [place, step] of after.entries()) {
    const oldPlace = step.id === undefined ? undefined : oldPlaces.get(step.id);
    if (oldPlace === undefined) {
      effects.push({ name: "added", step: step.name, place: place + 1, unitsPast: unitsOf(after.slice(place + 1)) });
      continue;
    }
    const overtaken = overtakenBy(step);
    if (overtaken > 0) effects.push({ name: "movedBehind", step: step.name, units: overtaken, owed: !step.optional });
    else if (!stayed.has(oldPlace)) effects.push({ name: "moved", step: step.name, place: place + 1 });
    const oldName = oldNames.get(step.id ?? "") ?? step.name;
    if (oldName !== step.name) effects.push({ name: "renamed", from: oldName, to: step.name });
  }
  return effects;
}

/** Returns the largest set of the numbers that is in rising order. These steps have not moved, the others have. */
function longestRising(numbers: readonly number[]): Set<number> {
  const best: number[][] = [];
  for (const [index, value] of numbers.entries()) {
    let longest: number[] = [];
    for (let earlier = 0; earlier < index; earlier++) {
      const chain = best[earlier] ?? [];
      if ((chain.at(-1) ?? 0) < value && chain.length > longest.length) longest = chain;
    }
    best.push([...longest, value]);
  }
  return new Set(best.reduce((longest, chain) => (chain.length > longest.length ? chain : longest), []));
}
