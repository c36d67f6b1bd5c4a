import { useSignal } from "@preact/signals";

import { client, RoutecardError, type Schemas } from "../../api.js";
import { fieldErrors } from "../../fieldErrors.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { announce } from "../../parts/Announcement.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { StepsEditor } from "../../parts/StepsEditor.js";
import { Choice, TextField } from "../../parts/TextField.js";
import { newStep, toDrafts, toStepCreate } from "../../steps.js";
import { words as shared } from "../../words.js";
import { words } from "./words.js";

/** A template and the version of it that was read. */
export interface EditedTemplate {
  template: Schemas["Template"];
  etag: string;
}

const modes = Object.entries(shared.modes) as [Schemas["AdvancementMode"], string][];

/** Edits a template, or makes a new one. It keeps what was typed when the server refuses it or somebody else was faster. */
export function TemplateDialog({ edited, onClose, onDone }: { edited: EditedTemplate | undefined; onClose: () => void; onDone: () => void }) {
  const name = useSignal(edited?.template.name ?? "");
  const mode = useSignal<Schemas["AdvancementMode"]>(edited?.template.advancementMode ?? "strict");
  const steps = useSignal(edited ? toDrafts(edited.template.steps, "dropIds") : [newStep()]);
  const version = useSignal(edited?.etag ?? "");
  const isOutdated = useSignal(false);
  const errors = useSignal<ReadonlyMap<string, string>>(new Map());
  const idempotencyKey = useIdempotencyKey(name.value, mode.value, steps.value);

  const save = async () => {
    const { templates } = client();
    const fields = { name: name.value.trim(), advancementMode: mode.value, steps: steps.value.map(toStepCreate) };
    try {
      if (edited) await templates.update(edited.template.id, fields, { ifMatch: version.value });
      else await templates.create(fields, { idempotencyKey });
    } catch (error) {
      errors.value = fieldErrors(error);
      if (edited && error instanceof RoutecardError && error.statusCode === 412) {
        const { response } = await templates.get(edited.template.id).withResponse();
        version.value = response.headers.get("ETag") ?? "";
        isOutdated.value = true;
      }
      throw error;
    }
    announce(words.templateSaved(fields.name));
    onDone();
  };
  return (
    <SendDialog title={edited ? words.editTemplate(edited.template.name) : words.newTemplate} label={words.saveTemplate} send={save} onClose={onClose}>
      <div class="form-grid">
        <TextField label={words.templateName} value={name.value} error={errors.value.get("name")} onChange={(text) => (name.value = text)} />
        <Choice label={shared.mode} value={mode.value} options={modes} onChange={(value) => (mode.value = value)} />
      </div>
      <StepsEditor steps={steps.value} onChange={(next) => (steps.value = next)} errorOf={(place) => errors.value.get(`steps.${place}.name`)} />
      {isOutdated.value && <p class="notice">{words.templateOutdated}</p>}
    </SendDialog>
  );
}
