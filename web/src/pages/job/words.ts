import type { EditEffect, StepChange } from "../../steps.js";
import { words as shared } from "../../words.js";

const { units } = shared;

/** The words of the page of one job. */
export const words = {
  back: "All jobs",
  close: "Close job",
  reopen: "Reopen job",
  closeReason: "Reason",
  closeText: "No units can be created or moved on a closed job. You can reopen it.",
  closedAt: (time: string) => `Closed on ${time}`,
  closed: (name: string) => `Job ${name} was closed`,
  reopened: (name: string) => `Job ${name} was reopened`,
  due: (date: string) => `Due ${date}`,
  noPaths: "This job has no path yet, so it cannot have units.",
  addPath: "Add path",
  newPath: "New path",
  editPath: "Edit path",
  addUnits: "Add units",
  quantity: "Number of units",
  unitsAdded: (count: number) => `${units(count)} added`,
  completed: (count: string) => `${count} completed`,
  bottleneck: "Bottleneck",
  showUnits: (step: string) => `Show the units at ${step}`,
  burnUp: "Burn-up",
  burnUpHint: "Completed units against the goal",
  burnUpDueHint: "Completed units against the goal, and what is needed to reach it on the due date",
  until: "Until",
  completedUnits: "Completed",
  goal: "Goal",
  needed: "Needed for the due date",
  units: "Units",
  timeline: "Timeline",
  searchUnits: "Search units",
  status: "Status",
  step: "Step",
  anyStep: "All steps",
  anyStatus: "All",
  unit: "Serial number",
  at: "Stands at",
  select: (unit: string) => `Select ${unit}`,
  selectAll: "Select all units in the list",
  selected: (count: number) => `${units(count)} selected`,
  advance: "Advance",
  advanceTo: "Advance to…",
  advanceToTitle: "Advance the selected units to a step",
  pastLastStep: "Past the last step: completed",
  undo: "Undo",
  nothingToUndo: (count: number) => `${units(count)} without a change to undo`,
  override: "Make step optional",
  overrideTitle: "Make a step optional for the selected units",
  addNote: "Add note",
  noteTitle: "Add a note to the selected units",
  severalPaths: "Select units of a single path to advance them to a step or to make a step optional.",
  scrapTitle: "Scrap the selected units",
  labels: "Labels",
  editJob: "Edit job",
  saveJob: "Save job",
  jobSaved: (name: string) => `Job ${name} was saved`,
  jobOutdated: "Somebody else has changed this job. Save again to keep your changes. Fields that you did not change keep the values of the other person.",
  expected: (date: string) => `Expected to be complete on ${date}`,
  expectedLate: (date: string) => `Expected to be complete on ${date}, after the due date`,
  noForecast: "No forecast: too few units were completed in the last 14 days",
  clear: "Clear selection",
  bulkDone: (count: number) => `${units(count)} changed`,
  bulkFailed: (count: number) => `${units(count)} not changed:`,
  noUnits: "No unit matches.",
  older: "Show older events",
  noEvents: "Nothing has happened yet.",
  event: (type: string, unit: string, step: string) => [type, unit, step].filter((part) => part !== "").join(" · "),
  editorTitle: (path: string) => `Edit ${path}`,
  meaning: "What the edit means",
  changesNothing: "Nothing has changed.",
  save: "Save path",
  saved: (path: string) => `${path} was saved`,
  putBack: (step: string) => `Put ${step} back`,
  changedMeanwhile: "Somebody else has changed this path. Your edit is still here.",
  changedTo: (value: string) => `Changed by somebody else to ${value}`,
  saveAnyway: "Save my edit",
  loadTheirs: "Load the saved path",
  saveAsTemplate: "Save as template",
  saveTemplate: "Save template",
  templateName: "Template name",
  templateText: "A template holds the steps of this path. New jobs can start from it.",
  templateSaved: (name: string) => `Template ${name} was saved`,
} as const;

/** Returns the sentence for an effect of an edit. */
export function describeEffect(effect: EditEffect): string {
  switch (effect.name) {
    case "removed":
      return effect.units > 0
        ? `${effect.step} cannot be removed while ${units(effect.units)} stand there`
        : `${effect.step} is removed. The history keeps its name`;
    case "added":
      return effect.unitsPast > 0
        ? `${effect.step} is added as step ${effect.place}. It does not apply to ${units(effect.unitsPast)} that have passed this place`
        : `${effect.step} is added as step ${effect.place}`;
    case "movedBehind":
      return effect.owed
        ? `${effect.step} is moved behind ${units(effect.units)}, which must still do it before they can be completed`
        : `${effect.step} is moved behind ${units(effect.units)}, which skip it`;
    case "moved":
      return `${effect.step} becomes step ${effect.place}`;
    case "renamed":
      return `${effect.from} is renamed to ${effect.to}`;
  }
}

/** Returns the sentence for what somebody else has changed at a step. */
export function describeChange(change: StepChange): string {
  if (change.name === "removed") return "Removed by somebody else. Your edit adds it again as a new step";
  const { name, location, assignedTo, optional, dependencyType } = change.fields;
  const parts = [
    name !== undefined && `${shared.stepName} ${name}`,
    location !== undefined && (location === "" ? "no location" : `${shared.location} ${location}`),
    assignedTo !== undefined && (assignedTo === "" ? "assigned to nobody" : `${shared.assignedTo} ${assignedTo}`),
    optional !== undefined && (optional ? shared.optional : "Required"),
    dependencyType !== undefined && `${shared.dependency} ${shared.dependencies[dependencyType]}`,
  ];
  return `Changed by somebody else: ${parts.filter((part) => part !== false).join(", ")}`;
}
