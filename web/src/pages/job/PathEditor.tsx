import { useSignal } from "@preact/signals";

import { client, RoutecardError, type Schemas } from "../../api.js";
import { fieldErrors } from "../../fieldErrors.js";
import { announce } from "../../parts/Announcement.js";
import { Dialog } from "../../parts/Dialog.js";
import { Failure } from "../../parts/Failure.js";
import { StepsEditor } from "../../parts/StepsEditor.js";
import { Choice, TextField } from "../../parts/TextField.js";
import "../../shared.js";
import { describeEdit, newStep, toDrafts, toStepCreate, toStepInput } from "../../steps.js";
import { words as shared } from "../../words.js";
import { describeEffect, words } from "./words.js";

/** A path and the version of it that was read. */
export interface EditedPath {
  path: Schemas["PathDetail"];
  etag: string;
}

type Saving = { name: "editing" } | { name: "refused"; error: unknown } | { name: "outdated"; theirs: EditedPath };

const modes = Object.entries(shared.modes) as [Schemas["AdvancementMode"], string][];

/** Edits a path, or makes a new one. It keeps what was typed when the server refuses the edit or somebody else was faster. */
export function PathEditor({ edited, job, onClose, onDone }: { edited: EditedPath | undefined; job: Schemas["Job"]; onClose: () => void; onDone: () => void }) {
  const base = useSignal(edited);
  const name = useSignal(edited?.path.name ?? "");
  const goal = useSignal(String(edited?.path.goalQuantity ?? job.goalQuantity));
  const mode = useSignal<Schemas["AdvancementMode"]>(edited?.path.advancementMode ?? "strict");
  const steps = useSignal(edited ? toDrafts(edited.path.steps, "keepIds") : [newStep()]);
  const saving = useSignal<Saving>({ name: "editing" });

  const standing = (base.value?.path.distribution ?? []).map((step) => ({ id: step.stepId, name: step.stepName, units: step.partCount }));
  const effects = base.value ? describeEdit(standing, steps.value) : [];
  const removed = (base.value?.path.steps ?? []).filter((step) => !steps.value.some((draft) => draft.id === step.id));
  const errors = saving.value.name === "refused" ? fieldErrors(saving.value.error) : new Map<string, string>();

  const save = async (on: EditedPath | undefined) => {
    const fields = { name: name.value.trim(), goalQuantity: Number(goal.value), advancementMode: mode.value };
    try {
      if (on) await client().paths.update(on.path.id, { ...fields, steps: steps.value.map(toStepInput) }, { ifMatch: on.etag });
      else await client().paths.create({ ...fields, jobId: job.id, steps: steps.value.map(toStepCreate) });
      announce(words.saved(fields.name));
      onClose();
      onDone();
    } catch (error) {
      saving.value = { name: "refused", error };
      if (!on || !(error instanceof RoutecardError) || error.statusCode !== 412) return;
      const { data, response } = await client().paths.get(on.path.id).withResponse();
      saving.value = { name: "outdated", theirs: { path: data, etag: response.headers.get("ETag") ?? "" } };
    }
  };
  const loadTheirs = (theirs: EditedPath) => {
    base.value = theirs;
    name.value = theirs.path.name;
    goal.value = String(theirs.path.goalQuantity);
    mode.value = theirs.path.advancementMode;
    steps.value = toDrafts(theirs.path.steps, "keepIds");
    saving.value = { name: "editing" };
  };
  const saveAnyway = (theirs: EditedPath) => {
    base.value = theirs;
    void save(theirs);
  };
  const at = saving.value;
  return (
    <Dialog title={edited ? words.editorTitle(edited.path.name) : words.newPath} onClose={onClose}>
      <div class="form-grid">
        <TextField label={shared.pathName} value={name.value} error={errors.get("name")} onChange={(text) => (name.value = text)} />
        <TextField label={shared.pathGoal} inputMode="numeric" value={goal.value} error={errors.get("goalQuantity")} onChange={(text) => (goal.value = text)} />
        <Choice label={shared.mode} value={mode.value} options={modes} onChange={(value) => (mode.value = value)} />
      </div>
      <StepsEditor steps={steps.value} onChange={(next) => (steps.value = next)} errorOf={(place) => errors.get(`steps.${place}.name`)} />
      {base.value && (
        <section class="effects" aria-label={words.meaning}>
          <h3>{words.meaning}</h3>
          {effects.length === 0 ? <p class="muted">{words.changesNothing}</p> : <ul>{effects.map((effect) => <li key={describeEffect(effect)}>{describeEffect(effect)}</li>)}</ul>}
          {removed.map((step) => (
            <button type="button" key={step.id} onClick={() => (steps.value = steps.value.toSpliced(step.order, 0, ...toDrafts([step], "keepIds")))}>
              {words.putBack(step.name)}
            </button>
          ))}
        </section>
      )}
      {at.name === "refused" && <Failure error={at.error} />}
      {at.name === "outdated" && (
        <div class="notice" role="alert">
          <p>{words.changedMeanwhile}</p>
          <div class="actions">
            <button type="button" onClick={() => saveAnyway(at.theirs)}>
              {words.saveAnyway}
            </button>
            <button type="button" onClick={() => loadTheirs(at.theirs)}>
              {words.loadTheirs}
            </button>
          </div>
        </div>
      )}
      <footer class="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared.cancel}
        </button>
        <button type="button" class="primary" disabled={at.name === "outdated"} onClick={() => void save(base.value)}>
          {words.save}
        </button>
      </footer>
    </Dialog>
  );
}
