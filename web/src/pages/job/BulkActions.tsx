import { useSignal } from "@preact/signals";

import { client, type Schemas } from "../../api.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { ScrapDialog } from "../../parts/ScrapDialog.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { Choice, TextArea, TextField } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { words } from "./words.js";

type Open = "nothing" | "advanceTo" | "scrap" | "override" | "note";

interface BulkActionsProps {
  /** The selected units, as they are shown. */
  units: readonly Schemas["Serial"][];
  paths: readonly Schemas["PathDetail"][];
  /** Sends a command and reports what it has done. It throws if the server refuses the whole command. */
  run: (send: () => Promise<Schemas["BulkResult"]>) => Promise<void>;
  onRefused: (error: unknown) => void;
  onClear: () => void;
}

/** The commands for the selected units. The server carries them out for each unit on its own. */
export function BulkActions({ units, paths, run, onRefused, onClear }: BulkActionsProps) {
  const open = useSignal<Open>("nothing");
  const shut = () => (open.value = "nothing");
  const runAtOnce = (send: () => Promise<Schemas["BulkResult"]>) => void run(send).catch(onRefused);
  const { serials } = client();
  const command = { serialIds: units.map(({ id }) => id), mode: "perItem" as const };
  // If all units stand at the same step, the request names it, so that the server refuses units that have moved since.
  const fromStepId = units[0]?.currentStepId;
  const from = fromStepId !== undefined && units.every((unit) => unit.status === "in_progress" && unit.currentStepId === fromStepId) ? { fromStepId } : {};
  const path = paths.find(({ id }) => units.every(({ pathId }) => pathId === id));
  const undone = units.flatMap(({ id, lastEventId }) => (lastEventId === undefined ? [] : [{ id, lastEventId }]));
  const undo = () => serials.undoMany({ ...command, serialIds: undone.map(({ id }) => id), eventIds: undone.map(({ lastEventId }) => lastEventId) });
  return (
    <div class="bulk">
      <strong role="status">{words.selected(units.length)}</strong>
      <button type="button" class="primary" onClick={() => runAtOnce(() => serials.advanceMany({ ...command, ...from }))}>
        {words.advance}
      </button>
      <button type="button" disabled={!path} onClick={() => (open.value = "advanceTo")}>
        {words.advanceTo}
      </button>
      <button type="button" class="danger" onClick={() => (open.value = "scrap")}>
        {shared.scrap}
      </button>
      <button type="button" disabled={undone.length === 0} onClick={() => runAtOnce(undo)}>
        {words.undo}
      </button>
      <button type="button" disabled={!path} onClick={() => (open.value = "override")}>
        {words.override}
      </button>
      <button type="button" onClick={() => (open.value = "note")}>
        {words.addNote}
      </button>
      <button type="button" class="quiet" onClick={onClear}>
        {words.clear}
      </button>
      {!path && <span class="hint">{words.severalPaths}</span>}
      {undone.length < units.length && <span class="hint">{words.nothingToUndo(units.length - undone.length)}</span>}
      {open.value === "scrap" && (
        <ScrapDialog title={words.scrapTitle} send={(cause) => run(() => serials.scrapMany({ ...command, ...from, ...cause }))} onClose={shut} />
      )}
      {open.value === "advanceTo" && path && (
        <AdvanceToDialog steps={path.steps} send={(targetStepIndex) => run(() => serials.advanceManyTo({ ...command, ...from, targetStepIndex }))} onClose={shut} />
      )}
      {open.value === "override" && path && (
        <OverrideDialog steps={path.steps} send={(stepId, reason) => run(() => serials.overrideSteps({ ...command, stepId, reason }))} onClose={shut} />
      )}
      {open.value === "note" && <NoteDialog send={(text, idempotencyKey) => run(() => serials.addNotes({ ...command, text }, { idempotencyKey }))} onClose={shut} />}
    </div>
  );
}

interface StepDialogProps<Arguments extends unknown[]> {
  steps: readonly Schemas["Step"][];
  send: (...given: Arguments) => Promise<void>;
  onClose: () => void;
}

function AdvanceToDialog({ steps, send, onClose }: StepDialogProps<[targetStepIndex: number]>) {
  const target = useSignal(String(steps.length - 1));
  const options = [...steps.map(({ name }, place) => [String(place), name] as const), [String(steps.length), words.pastLastStep] as const];
  return (
    <SendDialog title={words.advanceToTitle} label={words.advance} send={() => send(Number(target.value))} onClose={onClose}>
      <Choice label={words.step} value={target.value} options={options} onChange={(place) => (target.value = place)} />
    </SendDialog>
  );
}

function OverrideDialog({ steps, send, onClose }: StepDialogProps<[stepId: string, reason: string]>) {
  const stepId = useSignal(steps[0]?.id ?? "");
  const reason = useSignal("");
  return (
    <SendDialog title={words.overrideTitle} label={words.override} send={() => send(stepId.value, reason.value.trim())} onClose={onClose}>
      <Choice label={words.step} value={stepId.value} options={steps.map(({ id, name }) => [id, name] as const)} onChange={(id) => (stepId.value = id)} />
      <TextField label={shared.reason} value={reason.value} onChange={(text) => (reason.value = text)} />
    </SendDialog>
  );
}

function NoteDialog({ send, onClose }: { send: (text: string, idempotencyKey: string) => Promise<void>; onClose: () => void }) {
  const text = useSignal("");
  const idempotencyKey = useIdempotencyKey(text.value);
  return (
    <SendDialog title={words.noteTitle} label={words.addNote} send={() => send(text.value.trim(), idempotencyKey)} onClose={onClose}>
      <TextArea label={shared.note} value={text.value} onChange={(value) => (text.value = value)} />
    </SendDialog>
  );
}
