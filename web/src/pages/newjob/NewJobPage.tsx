import { useComputed, useSignal } from "@preact/signals";
import { Plus, Trash2 } from "lucide";
import { useLocation } from "preact-iso/router";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { client, mayWrite, session, type Schemas } from "../../api.js";
import { fieldErrors } from "../../fieldErrors.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { announce } from "../../parts/Announcement.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { StepsEditor } from "../../parts/StepsEditor.js";
import { Choice, DateField, TextArea, TextField } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { emptyJob, fromJob, newPath, sentPaths, sentSteps, toPlan, type JobDraft, type PathDraft, type UnitChoice } from "./draft.js";
import { StartFrom } from "./StartFrom.js";
import { words } from "./words.js";

type Sending = { name: "editing" } | { name: "sending" } | { name: "refused"; error: unknown };

const modes = Object.entries(shared.modes) as [Schemas["AdvancementMode"], string][];
const unitChoices = Object.entries(words.unitChoices) as [UnitChoice, string][];
const priorities = [["", shared.noPriority], ...Object.entries(shared.priorities)] as [JobDraft["priority"], string][];

/** The form for a job with its paths, steps, and units. */
export function NewJobPage() {
  const { query, route } = useLocation();
  const draft = useSignal(emptyJob());
  const sending = useSignal<Sending>({ name: "editing" });
  const form = useRef<HTMLFormElement>(null);
  const errors = useComputed(() => (sending.value.name === "refused" ? fieldErrors(sending.value.error) : new Map<string, string>()));
  const from = query["from"];
  const idempotencyKey = useIdempotencyKey(draft.value);

  useEffect(() => {
    if (from === undefined) return;
    client()
      .jobs.get(from)
      .then(
        (job) => (draft.value = fromJob(job)),
        (error: unknown) => (sending.value = { name: "refused", error }),
      );
  }, [from]);
  useLayoutEffect(() => {
    if (sending.value.name === "refused") form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [sending.value]);

  if (session.value.name === "open" && !mayWrite()) {
    return (
      <div class="empty">
        <h1>{words.title}</h1>
        <p>{words.readOnly}</p>
        <a class="button" href="/settings">
          {words.forbiddenHint}
        </a>
      </div>
    );
  }

  const change = (fields: Partial<JobDraft>) => {
    draft.value = { ...draft.value, ...fields };
  };
  const changePath = (place: number, fields: Partial<PathDraft>) =>
    change({ paths: draft.value.paths.map((path, index) => (index === place ? { ...path, ...fields } : path)) });
  const send = async () => {
    if (sending.value.name === "sending") return;
    sending.value = { name: "sending" };
    const { paths, ...job } = toPlan(draft.value);
    const options = { idempotencyKey };
    try {
      const created = paths.length === 0 ? await client().jobs.create(job, options) : await client().jobs.plan({ ...job, paths }, options);
      announce(words.created(created.name));
      route(`/jobs/${encodeURIComponent(created.id)}`);
    } catch (error) {
      sending.value = { name: "refused", error };
    }
  };
  const { value } = draft;
  const sent = sentPaths(value);

  return (
    <form
      class="new-job"
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <header class="page-head">
        <h1>{words.title}</h1>
      </header>
      <StartFrom draft={value} onChange={change} />
      <fieldset class="panel">
        <legend>{words.details}</legend>
        <div class="form-grid">
          <TextField label={shared.jobName} value={value.name} error={errors.value.get("name")} onChange={(name) => change({ name })} />
          <TextField
            label={shared.goalQuantity}
            value={value.goalQuantity}
            error={errors.value.get("goalQuantity")}
            inputMode="numeric"
            onChange={(goalQuantity) => change({ goalQuantity })}
          />
          <DateField label={shared.dueDate} value={value.dueDate} error={errors.value.get("dueDate")} onChange={(dueDate) => change({ dueDate })} />
          <Choice label={shared.priority} value={value.priority} options={priorities} onChange={(priority) => change({ priority })} />
          <TextField label={shared.externalId} value={value.externalId} error={errors.value.get("externalId")} onChange={(externalId) => change({ externalId })} />
        </div>
        <TextArea label={shared.notes} value={value.notes} error={errors.value.get("notes")} rows={2} onChange={(notes) => change({ notes })} />
        {value.ticket && <p class="hint">{words.linkedTicket(value.ticket.key)}</p>}
      </fieldset>
      <h2>{words.paths}</h2>
      <p class="hint">{value.paths.length === 0 ? words.noPaths : words.pathsHint}</p>
      {value.paths.map((path, place) => {
        const prefix = `paths.${sent.indexOf(path)}`;
        const steps = sentSteps(path);
        return (
          <fieldset class="panel" key={path.key}>
            <legend>{words.path(place + 1)}</legend>
            <div class="form-grid">
              <TextField label={shared.pathName} value={path.name} error={errors.value.get(`${prefix}.name`)} onChange={(name) => changePath(place, { name })} />
              <TextField
                label={shared.pathGoal}
                value={path.goalQuantity}
                placeholder={value.goalQuantity}
                error={errors.value.get(`${prefix}.goalQuantity`)}
                inputMode="numeric"
                onChange={(goalQuantity) => changePath(place, { goalQuantity })}
              />
              <Choice label={shared.mode} value={path.advancementMode} options={modes} onChange={(advancementMode) => changePath(place, { advancementMode })} />
            </div>
            <StepsEditor
              steps={path.steps}
              onChange={(next) => changePath(place, { steps: next })}
              errorOf={(_, step) => errors.value.get(`${prefix}.steps.${steps.indexOf(step)}.name`)}
            />
            <div class="form-grid">
              <Choice label={words.units} value={path.units} options={unitChoices} onChange={(units) => changePath(place, { units })} />
              {path.units === "number" && (
                <TextField
                  label={words.quantity}
                  value={path.quantity}
                  error={errors.value.get(`${prefix}.quantity`)}
                  inputMode="numeric"
                  onChange={(quantity) => changePath(place, { quantity })}
                />
              )}
            </div>
            {path.units === "own" && (
              <TextArea
                label={words.serialNumbers}
                hint={words.serialNumbersHint}
                value={path.serialNumbers}
                error={[...errors.value].find(([field]) => field.startsWith(`${prefix}.serialNumbers`))?.[1]}
                onChange={(serialNumbers) => changePath(place, { serialNumbers })}
              />
            )}
            <button type="button" class="quiet" onClick={() => change({ paths: value.paths.filter((other) => other !== path) })}>
              <Icon node={Trash2} /> {words.removePath(place + 1)}
            </button>
          </fieldset>
        );
      })}
      <button type="button" onClick={() => change({ paths: [...value.paths, newPath({ name: words.path(value.paths.length + 1) })] })}>
        <Icon node={Plus} /> {words.addPath}
      </button>
      {sending.value.name === "refused" && <Failure error={sending.value.error} />}
      <footer class="form-actions">
        <a class="button" href="/">
          {words.cancel}
        </a>
        <button type="submit" class="primary" aria-disabled={sending.value.name === "sending"}>
          {sending.value.name === "sending" ? words.creating : words.create}
        </button>
      </footer>
    </form>
  );
}
