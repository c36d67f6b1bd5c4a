import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { Schemas } from "../api.js";
import { words } from "../words.js";
import { Dialog } from "./Dialog.js";
import { Failure } from "./Failure.js";
import { TextField } from "./TextField.js";

/** Why units are scrapped, as the API takes it. */
export type ScrapCause = Pick<Schemas["SerialScrap"], "reason" | "explanation">;

type Asking = { name: "choosing" } | { name: "explaining" } | { name: "sending" } | { name: "refused"; error: unknown };

const reasons = Object.entries(words.scrapReasons) as [Schemas["ScrapReason"], string][];

/**
 * Asks why units are scrapped: one press on a reason sends it. The reason "other" needs an explanation, and the other reasons can have
 * one. It stays open and shows the error if `send` throws.
 */
export function ScrapDialog({ title, send, onClose }: { title: string; send: (cause: ScrapCause) => Promise<void>; onClose: () => void }) {
  const asking = useSignal<Asking>({ name: "choosing" });
  const explanation = useSignal("");
  const form = useRef<HTMLFormElement>(null);
  // Closing the dialog, and not only removing it, gives the focus back.
  const close = () => form.current?.closest("dialog")?.close();
  const choose = async (reason: Schemas["ScrapReason"]) => {
    const text = explanation.value.trim();
    if (reason === "other" && text === "") {
      asking.value = { name: "explaining" };
      form.current?.querySelector("input")?.focus();
      return;
    }
    asking.value = { name: "sending" };
    try {
      await send({ reason, ...(text !== "" && { explanation: text }) });
      close();
    } catch (error) {
      asking.value = { name: "refused", error };
    }
  };
  const at = asking.value;
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="send-form"
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // Enter in the explanation chooses no reason.
          if (at.name === "explaining") void choose("other");
        }}
      >
        <div class="scrap-reasons">
          {reasons.map(([reason, text]) => (
            <button type="button" key={reason} disabled={at.name === "sending"} onClick={() => void choose(reason)}>
              {text}
            </button>
          ))}
        </div>
        <TextField
          label={words.explanation}
          value={explanation.value}
          error={at.name === "explaining" && explanation.value.trim() === "" ? words.explanationNeeded : undefined}
          onChange={(text) => (explanation.value = text)}
        />
        {at.name === "refused" && <Failure error={at.error} />}
        <footer class="dialog-actions">
          <button type="button" onClick={close}>
            {words.cancel}
          </button>
          {at.name === "explaining" && <button class="danger">{words.scrap}</button>}
        </footer>
      </form>
    </Dialog>
  );
}
