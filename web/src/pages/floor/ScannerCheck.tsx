import { useSignal } from "@preact/signals";

import { Dialog } from "../../parts/Dialog.js";
import { findGarbled, sampleCharacters } from "../../scan.js";
import { words as shared } from "../../words.js";
import { Barcode } from "../labels/Barcode.js";
import { words } from "./words.js";

/** Shows a code to scan, and says which of its characters the keyboard layout changes. */
export function ScannerCheck({ onClose }: { onClose: () => void }) {
  const typed = useSignal("");
  const hasEnd = useSignal(false);
  const garbled = findGarbled(sampleCharacters, typed.value);
  const isComplete = hasEnd.value || typed.value.length >= sampleCharacters.length;
  return (
    <Dialog title={words.checkTitle} onClose={onClose}>
      <p>{words.checkHint}</p>
      <Barcode class="floor-check-code" symbology="datamatrix" text={sampleCharacters} />
      <p class="floor-check-text">{sampleCharacters}</p>
      <div class="floor-field">
        <label for="floor-check">{words.checkField}</label>
        <input
          id="floor-check"
          type="text"
          data-raw-keys
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={typed.value}
          ref={(input) => input?.focus()}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            hasEnd.value = false;
          }}
          onKeyDown={(event) => {
            if (typed.value === "" || (event.key !== "Enter" && event.key !== "Tab")) return;
            event.preventDefault();
            hasEnd.value = true;
          }}
        />
      </div>
      <div role="status">
        {isComplete && garbled.length > 0 && (
          <>
            <p class="floor-bad">{words.checkBad}</p>
            <table class="floor-check-table">
              <thead>
                <tr>
                  <th scope="col">{words.expected}</th>
                  <th scope="col">{words.received}</th>
                </tr>
              </thead>
              <tbody>
                {garbled.map(({ expected, received }) => (
                  <tr key={expected}>
                    <td>{expected}</td>
                    <td>{received === "" ? words.nothing : received}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
        {isComplete && garbled.length === 0 && <p class={hasEnd.value ? "floor-good" : "floor-bad"}>{hasEnd.value ? words.checkGood : words.checkNoEnd}</p>}
      </div>
      <form method="dialog" class="dialog-actions">
        <button>{shared.close}</button>
      </form>
    </Dialog>
  );
}
