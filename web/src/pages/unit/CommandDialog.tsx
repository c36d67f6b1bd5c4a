import { useSignal } from "@preact/signals";

import type { Schemas } from "../../api.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { ScrapDialog } from "../../parts/ScrapDialog.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { TextArea, TextField } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { nothingTyped, type Typed } from "./commands.js";
import { words } from "./words.js";

/** The commands that ask something before they are sent. */
const asking: ReadonlySet<Schemas["SerialActionName"]> = new Set(["scrap", "force_complete", "note", "delete", "override", "waive"]);

/** Reports whether a command has a dialog. */
export const hasDialog = (action: Schemas["SerialActionName"]) => asking.has(action);

interface CommandDialogProps {
  action: Schemas["SerialActionName"];
  title: string;
  send: (typed: Typed) => Promise<void>;
  onClose: () => void;
}

/** Asks what a command needs, and sends it. */
export function CommandDialog({ action, title, send, onClose }: CommandDialogProps) {
  const text = useSignal("");
  const approverId = useSignal("");
  const idempotencyKey = useIdempotencyKey(text.value);
  if (action === "scrap") return <ScrapDialog title={title} send={(cause) => send({ ...nothingTyped, cause })} onClose={onClose} />;
  return (
    <SendDialog
      title={title}
      label={words.actions[action]}
      isDanger={action === "delete" || action === "force_complete"}
      send={() => send({ ...nothingTyped, text: text.value, approverId: approverId.value, idempotencyKey })}
      onClose={onClose}
    >
      {action === "delete" && <p>{words.deleteText}</p>}
      {action === "force_complete" && <p>{words.forceText}</p>}
      {action === "note" && <TextArea label={shared.note} value={text.value} onChange={(value) => (text.value = value)} />}
      {action !== "note" && action !== "delete" && <TextField label={shared.reason} value={text.value} onChange={(value) => (text.value = value)} />}
      {action === "waive" && <TextField label={shared.approver} value={approverId.value} onChange={(value) => (approverId.value = value)} />}
    </SendDialog>
  );
}
