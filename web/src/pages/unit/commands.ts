import { client, type Schemas } from "../../api.js";
import type { ScrapCause } from "../../parts/ScrapDialog.js";

/** A unit, and the version of it that the page shows. */
export interface ShownUnit {
  unit: Schemas["SerialDetail"];
  etag: string;
}

/** What a person typed for a command. Each command takes what it needs of it. */
export interface Typed {
  text: string;
  approverId: string;
  cause: ScrapCause;
  /** Changes with the text, so that a repeated press adds a note once. */
  idempotencyKey: string;
}

export const nothingTyped: Typed = { text: "", approverId: "", cause: { reason: "other" }, idempotencyKey: "" };

/** Sends a command for what the page shows: the server refuses it if somebody else has moved the unit meanwhile. */
export async function sendCommand({ unit, etag }: ShownUnit, { action, stepId = "", targetStepIndex }: Schemas["SerialAction"], typed: Typed): Promise<void> {
  const { serials } = client();
  const { id } = unit;
  const from = unit.currentStepId === undefined || unit.status !== "in_progress" ? {} : { fromStepId: unit.currentStepId };
  const reason = typed.text.trim();
  switch (action) {
    case "advance":
      await serials.advance(id, from);
      return;
    case "skip":
      await serials.advance(id, { ...from, skip: true });
      return;
    case "advance_to":
      await serials.advanceTo(id, { ...from, ...(stepId !== "" ? { targetStepId: stepId } : targetStepIndex !== undefined && { targetStepIndex }) });
      return;
    case "scrap":
      await serials.scrap(id, { ...from, ...typed.cause });
      return;
    case "force_complete":
      await serials.forceComplete(id, { ...from, ...(reason !== "" && { reason }) });
      return;
    case "undo":
      await serials.undo(id, unit.lastEventId === undefined ? {} : { eventId: unit.lastEventId });
      return;
    case "note":
      await serials.addNote(id, { text: reason }, { idempotencyKey: typed.idempotencyKey });
      return;
    case "delete":
      await serials.delete(id, { ifMatch: etag });
      return;
    case "override":
      await serials.overrideStep(id, stepId, { reason });
      return;
    case "clear_override":
      await serials.clearStepOverride(id, stepId);
      return;
    case "waive":
      await serials.waiveStep(id, stepId, { reason, approverId: typed.approverId.trim() });
      return;
    case "complete":
      await serials.completeStep(id, stepId);
      return;
  }
}
