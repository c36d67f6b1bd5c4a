import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { client, RoutecardError, type Schemas } from "../../api.js";
import { fieldErrors } from "../../fieldErrors.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { announce } from "../../parts/Announcement.js";
import { Dialog } from "../../parts/Dialog.js";
import { Failure } from "../../parts/Failure.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { focusStep, StepsEditor } from "../../parts/StepsEditor.js";
import { Choice, TextField } from "../../parts/TextField.js";
import "../../shared.js";
import { compareSteps, describeEdit, newStep, toDrafts, toStepCreate, toStepInput, type StepDraft } from "../../steps.js";
import { words as shared } from "../../words.js";
import { describeChange, describeEffect, words } from "./words.js";

/** A path and the version of it that was read. */
export interface EditedPath {
  path: Schemas["PathDetail"];
  etag: string;
}

type Saving =
  | { name: "editing" }
  | { name: "refused"; error: unknown }
  /** Somebody else has changed the path. `changes` describes what changed, by the id of the step; `before` is the path that the editor started with. */
  | { name: "outdated"; changes: ReadonlyMap<string, string>; before: Schemas["PathDetail"] };

const modes = Object.entries(shared.modes) as [Schemas["AdvancementMode"], string][];

async function readPath(id: string): Promise<EditedPath> {
  const { data, response } = await client().paths.get(id).withResponse();
  return { path: data, etag: response.headers.get("ETag") ?? "" };
}

/**
 * Edits a path, or makes a new one. It keeps what was typed when the server refuses the edit or somebody else was faster, and shows why
 * at the step that it is about.
 */
export function PathEditor({ edited, job, onClose, onDone }: { edited: EditedPath | undefined; job: Schemas["Job"]; onClose: () => void; onDone: () => void }) {
  const base = useSignal(edited);
  const name = useSignal(edited?.path.name ?? "");
  const goal = useSignal(String(edited?.path.goalQuantity ?? job.goalQuantity));
  const mode = useSignal<Schemas["AdvancementMode"]>(edited?.path.advancementMode ?? "strict");
  const steps = useSignal(edited ? toDrafts(edited.path.steps, "keepIds") : [newStep()]);
  const saving = useSignal<Saving>({ name: "editing" });
  const isNamingTemplate = useSignal(false);
  const editor = useRef<HTMLDivElement>(null);
  const idempotencyKey = useIdempotencyKey(name.value, goal.value, mode.value, steps.value);

  const at = saving.value;
  useLayoutEffect(() => {
    if (at.name !== "editing") editor.current?.querySelector<HTMLElement>('[aria-invalid="true"], .step-refused button')?.focus();
  }, [at]);

  const standing = (base.value?.path.distribution ?? []).map((step) => ({ id: step.stepId, name: step.stepName, units: step.partCount }));
  const effects = base.value ? describeEdit(standing, steps.value) : [];
  const removed = (base.value?.path.steps ?? []).filter((step) => !steps.value.some((draft) => draft.id === step.id));
  const errors = at.name === "refused" ? fieldErrors(at.error) : new Map<string, string>();
  const conflict = at.name === "refused" && at.error instanceof RoutecardError && at.error.statusCode === 409 ? at.error.message : "";

  /** Returns the server's sentences about a step, or what somebody else has changed there. */
  const errorOf = (place: number, { id = "" }: StepDraft) => {
    if (at.name === "outdated") return at.changes.get(id);
    const found = [...errors].filter(([field]) => field.startsWith(`steps.${place}.`)).map(([, message]) => message);
    return found.length === 0 ? undefined : found.join(". ");
  };
  const onFailure = async (on: EditedPath, error: RoutecardError) => {
    const now = await readPath(on.path.id);
    if (now.etag === on.etag) {
      // Only units have moved: the effects of the edit are counted again.
      base.value = now;
      saving.value = { name: "refused", error };
      return;
    }
    const changes = [...compareSteps(on.path.steps, now.path.steps)].map(([id, change]) => [id, describeChange(change)] as const);
    base.value = now;
    saving.value = { name: "outdated", changes: new Map(changes), before: on.path };
  };
  const save = async () => {
    const on = base.value;
    const fields = { name: name.value.trim(), goalQuantity: Number(goal.value), advancementMode: mode.value };
    // A step that somebody else has removed is added again.
    const saved = new Set(on?.path.steps.map(({ id }) => id));
    const sent = steps.value.map((step) => (step.id !== undefined && saved.has(step.id) ? step : { ...step, id: undefined }));
    try {
      if (on) await client().paths.update(on.path.id, { ...fields, steps: sent.map(toStepInput) }, { ifMatch: on.etag });
      else await client().paths.create({ ...fields, jobId: job.id, steps: sent.map(toStepCreate) }, { idempotencyKey });
      announce(words.saved(fields.name));
      onClose();
      onDone();
    } catch (error) {
      if (on && error instanceof RoutecardError && (error.statusCode === 409 || error.statusCode === 412)) {
        await onFailure(on, error).catch((failed: unknown) => (saving.value = { name: "refused", error: failed }));
      } else saving.value = { name: "refused", error };
    }
  };
  const loadTheirs = ({ path }: EditedPath) => {
    name.value = path.name;
    goal.value = String(path.goalQuantity);
    mode.value = path.advancementMode;
    steps.value = toDrafts(path.steps, "keepIds");
    saving.value = { name: "editing" };
  };
  const putBack = (step: Schemas["Step"]) => {
    const place = Math.min(step.order, steps.value.length);
    steps.value = steps.value.toSpliced(place, 0, ...toDrafts([step], "keepIds"));
    focusStep(editor, place);
  };
  const theirs = at.name === "outdated" ? base.value : undefined;
  const changedTo = (was: string | undefined, is: string | undefined) => (is === undefined || was === is ? {} : { hint: words.changedTo(is) });
  const before = at.name === "outdated" ? at.before : undefined;
  return (
    <Dialog title={edited ? words.editorTitle(edited.path.name) : words.newPath} onClose={onClose}>
      <div ref={editor}>
        <div class="form-grid">
          <TextField label={shared.pathName} value={name.value} error={errors.get("name")} {...changedTo(before?.name, theirs?.path.name)} onChange={(text) => (name.value = text)} />
          <TextField
            label={shared.pathGoal}
            inputMode="numeric"
            value={goal.value}
            error={errors.get("goalQuantity")}
            {...changedTo(before && String(before.goalQuantity), theirs && String(theirs.path.goalQuantity))}
            onChange={(text) => (goal.value = text)}
          />
          <Choice label={shared.mode} value={mode.value} options={modes} onChange={(value) => (mode.value = value)} />
        </div>
        <StepsEditor steps={steps.value} onChange={(next) => (steps.value = next)} errorOf={errorOf} />
        {removed.map((step) => {
          // The message of a conflict names the step that must stay.
          const refusal = conflict.includes(` ${step.name}:`) ? conflict : "";
          return (
            <p key={step.id} class={refusal === "" ? "step-removed" : "step-removed step-refused"}>
              <button type="button" onClick={() => putBack(step)}>
                {words.putBack(step.name)}
              </button>
              {refusal !== "" && <span class="field-error">{refusal}</span>}
            </p>
          );
        })}
      </div>
      {base.value && (
        <section class="effects" aria-label={words.meaning}>
          <h3>{words.meaning}</h3>
          {effects.length === 0 ? <p class="muted">{words.changesNothing}</p> : <ul>{effects.map((effect) => <li key={describeEffect(effect)}>{describeEffect(effect)}</li>)}</ul>}
        </section>
      )}
      {at.name === "refused" && <Failure error={at.error} />}
      {theirs && (
        <div class="notice" role="alert">
          <p>{words.changedMeanwhile}</p>
          <div class="actions">
            <button type="button" onClick={() => void save()}>
              {words.saveAnyway}
            </button>
            <button type="button" onClick={() => loadTheirs(theirs)}>
              {words.loadTheirs}
            </button>
          </div>
        </div>
      )}
      <footer class="dialog-actions">
        <button type="button" class="quiet" onClick={() => (isNamingTemplate.value = true)}>
          {words.saveAsTemplate}
        </button>
        <button type="button" onClick={onClose}>
          {shared.cancel}
        </button>
        <button type="button" class="primary" disabled={at.name === "outdated"} onClick={() => void save()}>
          {words.save}
        </button>
      </footer>
      {isNamingTemplate.value && (
        <NameTemplateDialog name={name.value} mode={mode.value} steps={steps.value} onClose={() => (isNamingTemplate.value = false)} />
      )}
    </Dialog>
  );
}

/** Saves the steps as they are in the editor as a template for new paths. */
function NameTemplateDialog({
  name,
  mode,
  steps,
  onClose,
}: {
  name: string;
  mode: Schemas["AdvancementMode"];
  steps: readonly StepDraft[];
  onClose: () => void;
}) {
  const templateName = useSignal(name);
  const idempotencyKey = useIdempotencyKey(templateName.value);
  const errors = useSignal<ReadonlyMap<string, string>>(new Map());
  const save = async () => {
    const saved = templateName.value.trim();
    try {
      await client().templates.create({ name: saved, advancementMode: mode, steps: steps.map(toStepCreate) }, { idempotencyKey });
    } catch (error) {
      errors.value = fieldErrors(error);
      throw error;
    }
    announce(words.templateSaved(saved));
  };
  return (
    <SendDialog title={words.saveAsTemplate} label={words.saveTemplate} send={save} onClose={onClose}>
      <p>{words.templateText}</p>
      <TextField label={words.templateName} value={templateName.value} error={errors.value.get("name")} onChange={(text) => (templateName.value = text)} />
    </SendDialog>
  );
}
