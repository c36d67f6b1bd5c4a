import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { client, RoutecardError, type Schemas } from "../../api.js";
import { fieldErrors } from "../../fieldErrors.js";
import { announce } from "../../parts/Announcement.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { Choice, DateField, TextArea, TextField } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { words } from "./words.js";

type Priority = Schemas["JobPriority"] | "";

const priorities = [["", shared.noPriority], ...Object.entries(shared.priorities)] as [Priority, string][];

interface EditJobDialogProps {
  job: Schemas["Job"];
  /** The version of the job that the dialog starts with. */
  etag: string;
  onClose: () => void;
  onDone: () => void;
}

/**
 * Edits the fields of a job. It sends only what was changed. If somebody else has changed the job meanwhile, it says so, keeps what
 * was typed, and saves it when asked again.
 */
export function EditJobDialog({ job, etag, onClose, onDone }: EditJobDialogProps) {
  const name = useSignal(job.name);
  const goalQuantity = useSignal(String(job.goalQuantity));
  const dueDate = useSignal(job.dueDate ?? "");
  const priority = useSignal<Priority>(job.priority ?? "");
  const externalId = useSignal(job.externalId ?? "");
  const notes = useSignal(job.notes ?? "");
  const version = useSignal(etag);
  const errors = useSignal<ReadonlyMap<string, string>>(new Map());
  const isOutdated = useSignal(false);
  // The page loads the job again meanwhile. What was changed is what differs from the job as it was.
  const before = useRef(job).current;

  const changes = (): Schemas["JobUpdate"] => ({
    ...(name.value.trim() !== before.name && { name: name.value.trim() }),
    ...(goalQuantity.value.trim() !== String(before.goalQuantity) && { goalQuantity: Number(goalQuantity.value) }),
    ...(dueDate.value !== (before.dueDate ?? "") && { dueDate: dueDate.value || null }),
    ...(priority.value !== (before.priority ?? "") && { priority: priority.value || null }),
    ...(externalId.value.trim() !== (before.externalId ?? "") && { externalId: externalId.value.trim() || null }),
    ...(notes.value !== (before.notes ?? "") && { notes: notes.value || null }),
  });
  const save = async () => {
    try {
      await client().jobs.update(job.id, changes(), { ifMatch: version.value });
    } catch (error) {
      errors.value = fieldErrors(error);
      if (error instanceof RoutecardError && error.statusCode === 412) {
        const { response } = await client().jobs.get(job.id).withResponse();
        version.value = response.headers.get("ETag") ?? "";
        isOutdated.value = true;
      }
      throw error;
    }
    announce(words.jobSaved(name.value.trim()));
    onDone();
  };
  return (
    <SendDialog title={words.editJob} label={words.saveJob} send={save} onClose={onClose}>
      <TextField label={shared.jobName} value={name.value} error={errors.value.get("name")} onChange={(text) => (name.value = text)} />
      <TextField
        label={shared.goalQuantity}
        inputMode="numeric"
        value={goalQuantity.value}
        error={errors.value.get("goalQuantity")}
        onChange={(text) => (goalQuantity.value = text)}
      />
      <DateField label={shared.dueDate} value={dueDate.value} error={errors.value.get("dueDate")} onChange={(date) => (dueDate.value = date)} />
      <Choice label={shared.priority} value={priority.value} options={priorities} onChange={(value) => (priority.value = value)} />
      <TextField label={shared.externalId} value={externalId.value} error={errors.value.get("externalId")} onChange={(text) => (externalId.value = text)} />
      <TextArea label={shared.notes} value={notes.value} error={errors.value.get("notes")} onChange={(text) => (notes.value = text)} />
      {isOutdated.value && <p class="notice">{words.jobOutdated}</p>}
    </SendDialog>
  );
}
