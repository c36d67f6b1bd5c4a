import { useSignal } from "@preact/signals";
import { WifiOff, X } from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";

import { Icon } from "../../parts/Icon.js";
import { ScrapDialog } from "../../parts/ScrapDialog.js";
import { takeScans } from "../../scan.js";
import { words as shared } from "../../words.js";
import { AnswerPanel } from "./AnswerPanel.js";
import type { Floor } from "./floor.js";
import { OutboxList } from "./OutboxList.js";
import { Queue, type Work } from "./Queue.js";
import { ScannerCheck } from "./ScannerCheck.js";
import { modes } from "./station.js";
import { words } from "./words.js";

type Open = { dialog: "none" } | { dialog: "check" } | { dialog: "scrap"; what: string; typed: string };

/** The station in work: field, answer, buttons, and what waits. */
export function StationPanel({ floor, work, mayMove, onSetup }: { floor: Floor; work: readonly Work[] | undefined; mayMove: boolean; onSetup: () => void }) {
  const typed = useSignal("");
  const open = useSignal<Open>({ dialog: "none" });
  const field = useRef<HTMLInputElement>(null);
  const { station, operator } = floor.setup.value;
  // With a key that may not move units, the station shows them.
  const choices = mayMove ? modes : (["show"] as const);
  const mode = mayMove ? floor.setup.value.mode : "show";

  // Before the page is painted, so that no scan comes too early.
  useLayoutEffect(
    () =>
      takeScans((text) => {
        if (open.value.dialog === "check") return;
        // The dialog asks about the unit before this one.
        open.value = { dialog: "none" };
        void floor.scan(text, mode);
      }),
    [floor, mode],
  );

  /** Takes what is typed, so that the field is empty for the next unit. */
  const takeTyped = () => {
    const text = typed.value;
    typed.value = "";
    field.current?.focus();
    return text;
  };
  const askForReason = () => {
    const text = takeTyped();
    const what = floor.describeTargets(text);
    if (what === undefined) void floor.advance("");
    else open.value = { dialog: "scrap", what, typed: text };
  };
  const close = () => {
    open.value = { dialog: "none" };
    field.current?.focus();
  };
  const at = open.value;
  return (
    <div class="floor">
      <header class="floor-head">
        <h1 class="floor-station">
          {station.name} <span>{operator}</span>
        </h1>
        <fieldset class="floor-modes" aria-label={words.mode}>
          {choices.map((choice) => (
            <label key={choice} title={words.modeHints[choice]}>
              <input
                type="radio"
                name="floor-mode"
                checked={mode === choice}
                onChange={() => floor.change({ ...floor.setup.value, mode: choice })}
              />
              {words.modes[choice]}
            </label>
          ))}
        </fieldset>
        {floor.trouble.value !== undefined && (
          <p class="floor-offline">
            <Icon node={WifiOff} /> {floor.trouble.value}
          </p>
        )}
        <button type="button" class="floor-quiet" onClick={() => (open.value = { dialog: "check" })}>
          {words.check}
        </button>
        <button type="button" class="floor-quiet" onClick={onSetup}>
          {words.setup}
        </button>
      </header>

      <form
        class="floor-scan"
        onSubmit={(event) => {
          event.preventDefault();
          void floor.scan(takeTyped(), mode);
        }}
      >
        <input
          ref={field}
          type="text"
          data-scan-field
          aria-label={words.field}
          placeholder={words.field}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="go"
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          autofocus
        />
      </form>

      <AnswerPanel answer={floor.answer.value} />

      {mayMove ? (
        <div class="floor-buttons">
          <button type="button" class="floor-button floor-button-advance" onClick={() => void floor.advance(takeTyped())}>
            {words.advance}
          </button>
          <button type="button" class="floor-button floor-button-scrap" onClick={askForReason}>
            {words.scrap}
          </button>
          <button type="button" class="floor-button floor-button-undo" onClick={() => void floor.undo()}>
            {words.undo}
          </button>
        </div>
      ) : (
        <p class="floor-hint">{words.readOnly}</p>
      )}

      <div class="floor-side">
        {mode === "batch" && floor.batch.value.length > 0 && (
          <section class="floor-batch" aria-label={words.batch}>
            <h2>{words.collected(floor.batch.value.length)}</h2>
            <ul>
              {floor.batch.value.map(({ serialId }) => (
                <li key={serialId}>
                  {serialId}
                  <button type="button" class="floor-quiet" aria-label={words.remove(serialId)} onClick={() => floor.remove(serialId)}>
                    <Icon node={X} />
                  </button>
                </li>
              ))}
            </ul>
            <button type="button" class="floor-quiet" onClick={() => floor.change(floor.setup.value)}>
              {words.emptyBatch}
            </button>
          </section>
        )}

        <OutboxList floor={floor} />

        <section class="floor-work" aria-label={words.queue}>
          <h2>{words.queue}</h2>
          {work ? <Queue work={work} /> : <p class="floor-hint">{shared.loading}</p>}
        </section>
      </div>

      {at.dialog === "scrap" && (
        <ScrapDialog
          title={words.scrapTitle(at.what)}
          send={async (cause) => void floor.scrap(cause, at.typed)}
          onClose={close}
        />
      )}
      {at.dialog === "check" && <ScannerCheck onClose={close} />}
    </div>
  );
}
