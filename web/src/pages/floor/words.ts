import type { Unit } from "./sender.js";
import type { Mode } from "./station.js";

const modes: Record<Mode, string> = { advance: "Advance", batch: "Batch", show: "Show" };

const modeHints: Record<Mode, string> = {
  advance: "Each scan moves the unit to its next step",
  batch: "Scans collect units, and a button moves them all",
  show: "Each scan shows the unit and changes nothing",
};

function place(unit: Unit): string {
  const step = unit.steps[unit.currentStepIndex];
  if (!step) return "";
  const location = step.location === undefined ? "" : `, ${step.location}`;
  return `${step.stepName} (step ${unit.currentStepIndex + 1}${location})`;
}

/** The texts of the station. */
export const words = {
  field: "Scan or type a serial number",
  advance: "Advance",
  scrap: "Scrap",
  undo: "Undo",
  modes,
  modeHints,
  mode: "A scan",

  ready: "Ready",
  readyHints: {
    advance: "Scan a unit to move it to its next step",
    batch: "Scan units, then press Advance or Scrap",
    show: "Scan a unit to see where it stands",
  } satisfies Record<Mode, string>,
  working: "One moment",
  moved: (from: string, to: string) => `${from} → ${to}`,
  movedTo: (to: string) => `Now at ${to}`,
  completed: "Completed",
  scrapped: "Scrapped",
  backAt: (step: string) => `Back at ${step}`,
  standsHere: (step: string) => `Stands here, at ${step}`,
  standsElsewhere: (unit: Unit): string => {
    switch (unit.status) {
      case "completed":
        return `${unit.id} is already completed`;
      case "scrapped":
        return `${unit.id} is scrapped`;
      case "in_progress":
        return `${unit.id} stands at ${place(unit)}`;
    }
  },
  notDone: "Not done",
  saved: "Saved",
  savedHint: "Saved, and sent as soon as the server answers",
  stillWaiting: (id: string) => `${id} was scanned before and still waits for the connection`,
  justMovedHint: (id: string) => `${id} has just been moved from here. Press Advance to move it again`,
  collected: (n: number) => (n === 1 ? "1 unit" : `${n} units`),
  collectedHint: (id: string) => `${id} was added`,
  alreadyCollected: (id: string) => `${id} is in the batch already`,
  batchDone: (done: number, all: number) => (done === all ? `${all} done` : `${done} of ${all} done`),
  batchRefused: (n: number) => (n === 1 ? "1 unit was refused, see below" : `${n} units were refused, see below`),
  scanFirst: "Scan a unit first",
  nothingToUndo: "There is nothing to undo",
  nothingToUndoHint: "Undo takes back only what you did at this device",
  batch: "Batch",
  emptyBatch: "Empty the batch",
  remove: (id: string) => `Remove ${id}`,
  noConnectionToShow: "No connection. The unit cannot be shown now",

  scrapTitle: (what: string) => `Why is ${what} scrapped?`,
  units: (n: number) => (n === 1 ? "1 unit" : `${n} units`),

  priorities: { urgent: "Urgent", high: "High priority", normal: "Normal priority", low: "Low priority" },
  queue: "Waiting here",
  queueEmpty: "Nothing waits at this station",
  queueFailed: "The queue could not be loaded",
  waiting: (n: number) => `${n} waiting`,
  incoming: (n: number) => `${n} on the way`,
  toCreate: (n: number) => `${n} to create`,
  due: (date: string) => `Due ${date}`,
  since: (time: string) => `since ${time}`,

  outboxWaiting: (n: number) => (n === 1 ? "1 move waits for the connection" : `${n} moves wait for the connection`),
  refusedTitle: "Refused by the server",
  seen: "Seen",
  requestId: (id: string) => `Request ${id}`,
  offline: "No connection",

  setup: "Set up",
  setupTitle: "Set up this station",
  setupHint: "This device keeps the answers. You can change them at any time.",
  stationBy: "The station is",
  by: { location: "A location", stepName: "A step", assignedTo: "A person" },
  stationNames: { location: "Location", stepName: "Step", assignedTo: "Person" },
  choose: "Choose",
  noPlaces: "No open job has one yet. Give the steps of a path a location, or choose a step.",
  operator: "Operator",
  operatorHint: "Your name, as the history shows it",
  sound: "Play a tone for each answer",
  start: "Start",
  placesFailed: "The list of stations could not be loaded",
  retry: "Try again",
  readOnly: "This key may only read. Units can be looked up, but not moved.",

  check: "Scanner check",
  checkTitle: "Check the scanner",
  checkHint: "Scan this code. It contains the characters that keyboards often change.",
  checkField: "What the scanner types",
  checkGood: "All characters arrive. The scanner sends its end key, too.",
  checkNoEnd: "The scanner does not send Enter or Tab after the code. Turn on its suffix.",
  checkBad: "Some characters arrive changed. Set the scanner to the keyboard layout of this device.",
  expected: "In the code",
  received: "Arrived as",
  nothing: "nothing",
};
