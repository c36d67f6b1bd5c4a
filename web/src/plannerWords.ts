import type { Schemas } from "./api.js";

const units = (count: number) => (count === 1 ? "1 unit" : `${count.toLocaleString()} units`);

/** The words that several of the planner's pages use. */
export const plannerWords = {
  units,
  doneOf: (done: string, goal: string) => `${done} of ${goal}`,
  percent: (percent: number) => `${percent} %`,
  underWay: (count: string) => `${count} in progress`,
  scrapped: (count: string) => `${count} scrapped`,
  priorities: { low: "Low", normal: "Normal", high: "High", urgent: "Urgent" } satisfies Record<Schemas["JobPriority"], string>,
  statuses: { in_progress: "In progress", completed: "Completed", scrapped: "Scrapped" } satisfies Record<Schemas["SerialStatus"], string>,
  scrapReasons: {
    out_of_tolerance: "Out of tolerance",
    process_defect: "Process defect",
    damaged: "Damaged",
    operator_error: "Operator error",
    other: "Other",
  } satisfies Record<Schemas["ScrapReason"], string>,
  modes: {
    strict: "Strict: step by step",
    flexible: "Flexible: steps can be bypassed",
    per_step: "Per step: as each step says",
  } satisfies Record<Schemas["AdvancementMode"], string>,
  dependencies: {
    preferred: "Can be done later",
    physical: "Needed for the next step",
    completion_gate: "Nothing may be open here",
  } satisfies Record<Schemas["DependencyType"], string>,
  stepName: "Step",
  location: "Location",
  assignedTo: "Assigned to",
  dependency: "Order",
  optional: "Optional",
  addStep: "Add step",
  stepNumber: (place: number) => `step ${place}`,
  moveUp: (step: string) => `Move ${step} up`,
  moveDown: (step: string) => `Move ${step} down`,
  removeStep: (step: string) => `Remove ${step}`,
  dragStep: "Drag to move, or press Alt with an arrow key",
  stepMoved: (step: string, place: number) => `${step} is now step ${place}`,
  stepsPasted: (count: number) => (count === 1 ? "1 step pasted" : `${count} steps pasted`),
  pasteHint: "You can paste rows from a spreadsheet: step, location, assignee",
  pathName: "Path name",
  pathGoal: "Path goal",
  mode: "Advancement",
  dueDate: "Due date",
  priority: "Priority",
  noPriority: "None",
  notes: "Notes",
  externalId: "External number",
  jobName: "Name",
  goalQuantity: "Goal quantity",
} as const;

/** Returns the name of an event type in words: `serial.step_overridden` becomes "Unit step overridden". */
export function nameEvent(type: string): string {
  const text = type.replace(/^serial\./, "unit ").replaceAll(/[._]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
