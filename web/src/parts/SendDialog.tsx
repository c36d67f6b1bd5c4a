import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import { words } from "../words.js";
import { Dialog } from "./Dialog.js";
import { Failure } from "./Failure.js";

interface SendDialogProps {
  title: string;
  /** The text of the button that sends. */
  label: string;
  isDanger?: boolean;
  /** Sends the request. If it throws, the dialog stays open and shows the error. */
  send: () => Promise<void>;
  onClose: () => void;
  children?: ComponentChildren;
}

/** A dialog with the fields of one request. It closes when the request has succeeded. */
export function SendDialog({ title, label, isDanger = false, send, onClose, children }: SendDialogProps) {
  const form = useRef<HTMLFormElement>(null);
  const failed = useSignal<unknown>(undefined);
  const isSending = useSignal(false);
  // Closing the dialog, and not only removing it, gives the focus back.
  const close = () => form.current?.closest("dialog")?.close();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    isSending.value = true;
    try {
      await send();
      close();
    } catch (error) {
      failed.value = error;
    } finally {
      isSending.value = false;
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="send-form" ref={form} noValidate onSubmit={(event) => void submit(event)}>
        {children}
        {failed.value !== undefined && <Failure error={failed.value} />}
        <footer class="dialog-actions">
          <button type="button" onClick={close}>
            {words.cancel}
          </button>
          <button class={isDanger ? "danger" : "primary"} disabled={isSending.value}>
            {label}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
