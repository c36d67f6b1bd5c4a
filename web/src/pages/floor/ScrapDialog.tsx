import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { ScrapReason } from "../../outbox.js";
import { words } from "./words.js";

const reasons = Object.keys(words.reasons) as ScrapReason[];

/** Asks why something is scrapped: one press, unless the reason is "other". */
export function ScrapDialog({
  what,
  onScrap,
  onCancel,
}: {
  what: string;
  onScrap: (reason: ScrapReason, explanation: string) => void;
  onCancel: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOther = useSignal(false);
  const explanation = useSignal("");
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="floor-dialog" ref={dialog} onClose={onCancel} aria-labelledby="scrap-title">
      <h2 id="scrap-title">{words.scrapTitle(what)}</h2>
      <div class="floor-reasons">
        {reasons.map((reason) => (
          <button
            type="button"
            key={reason}
            aria-pressed={reason === "other" ? isOther.value : undefined}
            onClick={() => {
              if (reason === "other") isOther.value = true;
              else onScrap(reason, "");
            }}
          >
            {words.reasons[reason]}
          </button>
        ))}
      </div>
      {isOther.value && (
        <form
          class="floor-explanation"
          onSubmit={(event) => {
            event.preventDefault();
            onScrap("other", explanation.value.trim());
          }}
        >
          <label>
            {words.explanation}
            <input
              type="text"
              required
              pattern=".*\S.*"
              title={words.explanationNeeded}
              maxLength={1000}
              value={explanation.value}
              onInput={(event) => (explanation.value = event.currentTarget.value)}
              ref={(input) => input?.focus()}
            />
          </label>
          <button type="submit" class="floor-button floor-button-scrap">
            {words.scrap}
          </button>
        </form>
      )}
      <button type="button" class="floor-quiet" onClick={() => dialog.current?.close()}>
        {words.cancel}
      </button>
    </dialog>
  );
}
