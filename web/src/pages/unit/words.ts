import type { Schemas } from "../../api.js";

/** The words of the page of one unit. */
export const words = {
  advance: "Advance",
  scrap: "Scrap",
  undo: "Undo",
  advanced: "The unit was advanced",
  scrapped: "The unit was scrapped",
  undone: "The last change was taken back",
  steps: "Steps",
  history: "History",
  overridden: "optional for this unit",
  stepStatuses: {
    pending: "Not reached",
    in_progress: "Stands here",
    completed: "Done",
    skipped: "Skipped",
    deferred: "Still to be done",
    waived: "Waived",
  } satisfies Record<Schemas["SerialStepStatus"], string>,
} as const;
