import type { Schemas } from "../../api.js";
import { newStep, toDrafts, toStepCreate, type StepDraft } from "../../steps.js";
import { words } from "./words.js";

/** Which units are created together with a path. */
export type UnitChoice = keyof typeof words.unitChoices;

/** A path as the form holds it. Numbers are texts, as they were typed. */
export interface PathDraft {
  key: number;
  name: string;
  goalQuantity: string;
  advancementMode: Schemas["AdvancementMode"];
  steps: StepDraft[];
  units: UnitChoice;
  quantity: string;
  serialNumbers: string;
}

/** A job as the form holds it. */
export interface JobDraft {
  name: string;
  goalQuantity: string;
  dueDate: string;
  priority: Schemas["JobPriority"] | "";
  externalId: string;
  notes: string;
  ticket: Schemas["JiraTicket"] | undefined;
  paths: PathDraft[];
}

let lastKey = 0;

export const newPath = (fields: Partial<Omit<PathDraft, "key">> = {}): PathDraft => ({
  name: words.defaultPath,
  goalQuantity: "",
  advancementMode: "strict",
  steps: [newStep()],
  units: "none",
  quantity: "",
  serialNumbers: "",
  ...fields,
  key: ++lastKey,
});

export const emptyJob = (): JobDraft => ({
  name: "",
  goalQuantity: "",
  dueDate: "",
  priority: "",
  externalId: "",
  notes: "",
  ticket: undefined,
  paths: [newPath()],
});

/** Returns a draft like another job, without what belongs to that job alone: its dates, its ticket, and its external number. */
export function fromJob(job: Schemas["JobDetail"]): JobDraft {
  return {
    ...emptyJob(),
    name: words.copyOf(job.name),
    goalQuantity: String(job.goalQuantity),
    priority: job.priority ?? "",
    notes: job.notes ?? "",
    paths: job.paths.map((path) =>
      newPath({ name: path.name, goalQuantity: String(path.goalQuantity), advancementMode: path.advancementMode, steps: toDrafts(path.steps, "dropIds") }),
    ),
  };
}

/** Returns the draft with the steps of a template as its only path. */
export function withTemplate(draft: JobDraft, template: Schemas["Template"]): JobDraft {
  return {
    ...draft,
    paths: [newPath({ name: template.name, advancementMode: template.advancementMode, steps: toDrafts(template.steps, "dropIds") })],
  };
}

/** Returns the draft with the name and the quantity of a Jira ticket. */
export function withTicket(draft: JobDraft, ticket: Schemas["JiraTicket"]): JobDraft {
  return {
    ...draft,
    name: ticket.summary,
    goalQuantity: ticket.quantity === undefined ? draft.goalQuantity : String(ticket.quantity),
    ticket,
  };
}

/** Returns a typed number. A text that is not a number is left out, so that the server says that it is missing. */
function toNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text.trim()) : undefined;
}

/** Returns the steps that have something in them. An empty row of the form is no step, unless it is the only one. */
const filled = (steps: readonly StepDraft[]) => steps.filter((step) => step.name.trim() !== "" || step.location.trim() !== "" || step.assignedTo.trim() !== "");

/** Reports whether the path is as empty as the form offers it. */
const isUntouched = (path: PathDraft) => filled(path.steps).length === 0 && path.units === "none" && path.goalQuantity.trim() === "";

/** Returns the paths that are sent, and the places of their steps in the form, which the server's errors count by. */
export const sentPaths = (draft: JobDraft) => draft.paths.filter((path) => !isUntouched(path));
export const sentSteps = (path: PathDraft) => {
  const steps = filled(path.steps);
  return steps.length > 0 ? steps : path.steps.slice(0, 1);
};

/** Returns the request of a draft. A path without a goal of its own has the goal of the job. */
export function toPlan(draft: JobDraft): Schemas["JobPlan"] {
  const goalQuantity = toNumber(draft.goalQuantity);
  const { ticket } = draft;
  return {
    name: draft.name.trim(),
    // The server says what is wrong with a quantity that is missing.
    ...(goalQuantity !== undefined && { goalQuantity }),
    ...(draft.dueDate !== "" && { dueDate: draft.dueDate }),
    ...(draft.priority !== "" && { priority: draft.priority }),
    ...(draft.externalId.trim() !== "" && { externalId: draft.externalId.trim() }),
    ...(draft.notes.trim() !== "" && { notes: draft.notes }),
    ...(ticket && {
      jiraTicketKey: ticket.key,
      jiraTicketSummary: ticket.summary,
      ...(ticket.partNumber !== undefined && { jiraPartNumber: ticket.partNumber }),
      ...(ticket.priority !== undefined && { jiraPriority: ticket.priority }),
      ...(ticket.epicLink !== undefined && { jiraEpicLink: ticket.epicLink }),
      ...(ticket.labels.length > 0 && { jiraLabels: ticket.labels }),
    }),
    paths: sentPaths(draft).map((path) => {
      const pathGoal = path.goalQuantity.trim() === "" ? goalQuantity : toNumber(path.goalQuantity);
      const quantity = toNumber(path.quantity);
      return {
        name: path.name.trim(),
        ...(pathGoal !== undefined && { goalQuantity: pathGoal }),
        advancementMode: path.advancementMode,
        steps: sentSteps(path).map(toStepCreate),
        ...(path.units === "number" && quantity !== undefined && { quantity }),
        ...(path.units === "own" && { serialNumbers: path.serialNumbers.split(/[\n\t]/).map((text) => text.trim()).filter((text) => text !== "") }),
      };
    }),
  } as Schemas["JobPlan"];
}
