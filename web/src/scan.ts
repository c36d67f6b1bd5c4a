/**
 * Recognizes a barcode scanner that types like a keyboard, by its speed: a burst of characters with at most 100 ms between two of
 * them, ended by Enter or Tab. Everything slower is typing.
 */

/** The longest pause between two keys of a scanner, in milliseconds. */
export const maxGap = 100;

/** The longest pause within a burst that is already longer than people type, in milliseconds: a busy device reads slowly. */
export const maxHiccup = 500;

/** The number of characters from which a burst is a scan. People type two characters that fast. */
export const minLength = 3;

/** How much later than `maxGap` a key is handed back, so that the next key of a scanner is never late. */
const tolerance = 20;

/**
 * What a key is. `part`: a character that can belong to a burst; `first` if it begins one. `scan`: the end of a burst. `after`: an
 * end key right after a scan, as scanners send that are set to CR LF. `typed`: any other key.
 */
export type KeyKind = { kind: "part"; first: boolean } | { kind: "scan"; text: string } | { kind: "after" } | { kind: "typed" };

/** Finds bursts in a sequence of keys. */
export class BurstReader {
  #text = "";
  #last = Number.NEGATIVE_INFINITY;
  #scannedAt = Number.NEGATIVE_INFINITY;

  /**
   * Takes the next key, with its time in milliseconds. `key` is that of a KeyboardEvent. In a text field people type on, so no pause
   * longer than `maxGap` is within a burst there.
   */
  push(key: string, at: number, isTextField: boolean): KeyKind {
    const longest = !isTextField && this.#text.length >= minLength ? maxHiccup : maxGap;
    if (at - this.#last > longest) this.#text = "";
    this.#last = at;
    if ([...key].length === 1) {
      this.#text += key;
      return { kind: "part", first: this.#text === key };
    }
    const text = this.#text;
    this.#text = "";
    if (key !== "Enter" && key !== "Tab") return { kind: "typed" };
    if (text.length >= minLength) {
      this.#scannedAt = at;
      return { kind: "scan", text };
    }
    if (text === "" && at - this.#scannedAt <= maxGap) return { kind: "after" };
    return { kind: "typed" };
  }

  /** Forgets the burst that has begun. */
  reset(): void {
    this.#text = "";
  }
}

/** Keys that scanners press together with a character. They say nothing about the speed. */
const modifiers = new Set(["Shift", "AltGraph", "Alt", "Control", "Meta", "CapsLock", "NumLock", "Dead", "Unidentified"]);

/** An attribute for text fields that want the keys of a scanner themselves. */
const rawAttribute = "data-raw-keys";

/** An attribute for the text field into which people type what they would scan. */
const scanFieldAttribute = "data-scan-field";

/**
 * Calls `onScan` for each scan, wherever the focus is, until the function that it returns is called. A scan never presses the
 * focused button, changes a text field, or triggers a shortcut: outside of text fields each character is held back until it is
 * clear that no burst follows, and then sent again.
 */
export function takeScans(onScan: (text: string) => void): () => void {
  const reader = new BurstReader();
  let held: KeyboardEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The text field that gets the burst, and what was in it before. */
  let field: { element: TextField; before: string } | undefined;
  let lastKeyAt = Number.NEGATIVE_INFINITY;
  const sentAgain = new WeakSet<Event>();
  const pressed = new Set<string>();

  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  const release = () => {
    clearTimeout(timer);
    const events = held;
    held = [];
    // A scanner that sends no Enter. Its keys must not trigger shortcuts.
    if (events.length >= minLength) return;
    for (const event of events) {
      const again = new KeyboardEvent("keydown", event);
      sentAgain.add(again);
      event.target?.dispatchEvent(again);
      if (event.key === " " && !again.defaultPrevented && event.target instanceof HTMLButtonElement) event.target.click();
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (sentAgain.has(event) || event.isComposing || modifiers.has(event.key)) return;
    const isShortcut = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (isShortcut) {
      reader.reset();
      release();
      return;
    }
    const target = event.target;
    const isText = isTextField(target);
    if (isText && target.hasAttribute(rawAttribute)) return;
    const isSlow = event.timeStamp - lastKeyAt > maxHiccup;
    lastKeyAt = event.timeStamp;
    const key = reader.push(event.key, event.timeStamp, isText);
    switch (key.kind) {
      case "part":
        if (isText) {
          // What was typed just before may be the beginning of the serial number.
          if (key.first && (isSlow || !target.hasAttribute(scanFieldAttribute) || field?.element !== target)) {
            field = { element: target, before: target.value };
          }
          return;
        }
        if (key.first) {
          release();
          field = undefined;
        }
        swallow(event);
        pressed.add(event.code);
        held.push(event);
        clearTimeout(timer);
        timer = setTimeout(release, (held.length < minLength ? maxGap : maxHiccup) + tolerance);
        return;
      case "scan":
        swallow(event);
        pressed.add(event.code);
        clearTimeout(timer);
        held = [];
        onScan(field ? takeFromField(field) || key.text : key.text);
        field = undefined;
        return;
      case "after":
        swallow(event);
        return;
      case "typed":
        release();
        return;
    }
  };

  // A button is pressed when the space bar is released.
  const onKeyUp = (event: KeyboardEvent) => {
    if (pressed.delete(event.code)) swallow(event);
  };

  addEventListener("keydown", onKeyDown, { capture: true });
  addEventListener("keyup", onKeyUp, { capture: true });
  return () => {
    clearTimeout(timer);
    removeEventListener("keydown", onKeyDown, { capture: true });
    removeEventListener("keyup", onKeyUp, { capture: true });
  };
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

const buttonLike = new Set(["button", "checkbox", "radio", "submit", "reset", "file", "color", "range", "image"]);

function isTextField(target: EventTarget | null): target is TextField {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !buttonLike.has(target.type));
}

/** Removes what was added to a text field, and returns it if it is what people would scan. */
function takeFromField({ element, before }: { element: TextField; before: string }): string {
  const isScanField = element.hasAttribute(scanFieldAttribute);
  const added = isScanField && element.value.startsWith(before) ? element.value.slice(before.length) : "";
  element.value = isScanField ? "" : before;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  return added;
}

/** The characters that serial numbers and barcodes usually consist of, for a test page that a scanner reads. */
export const sampleCharacters = "ABCXYZabcxyz0123456789-_/.:+#";

/** One character of a test code that arrived as another one, or not at all. */
export interface Garbled {
  expected: string;
  /** What arrived instead, "" for nothing. */
  received: string;
}

/**
 * Compares what a scanner has typed with the code that it has read, and returns the characters that the keyboard layout changes.
 * A tablet with a German layout receives "ß" for "-" from a scanner that is set to the American layout, for example.
 */
export function findGarbled(expected: string, received: string): Garbled[] {
  const got = [...received];
  return [...expected].flatMap((character, i) => {
    const other = got[i] ?? "";
    return other === character ? [] : [{ expected: character, received: other }];
  });
}
