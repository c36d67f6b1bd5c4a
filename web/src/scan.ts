/**
 * Recognizes a barcode scanner that types like a keyboard, by its speed: a burst of characters with at most 100 ms between two of
 * them, ended by Enter or Tab. Everything slower is typing.
 */

/** The longest pause between two keys of a scanner, in milliseconds. */
export const maxGap = 100;

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

  /** Takes the next key, with its time in milliseconds. `key` is that of a KeyboardEvent. */
  push(key: string, at: number): KeyKind {
    const isFast = at - this.#last <= maxGap;
    if (!isFast) this.#text = "";
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

/**
 * Calls `onScan` for each scan, wherever the focus is, until the function that it returns is called. A scan never presses the
 * focused button, changes a text field, or triggers a shortcut: outside of text fields each character is held back until it is
 * clear that no burst follows, and then sent again.
 */
export function takeScans(onScan: (text: string) => void): () => void {
  const reader = new BurstReader();
  let held: KeyboardEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let field: { element: TextField; value: string } | undefined;
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
    const key = reader.push(event.key, event.timeStamp);
    switch (key.kind) {
      case "part":
        if (isText) {
          if (key.first) field = { element: target, value: target.value };
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
        timer = setTimeout(release, maxGap + tolerance);
        return;
      case "scan":
        swallow(event);
        pressed.add(event.code);
        clearTimeout(timer);
        held = [];
        if (field) setValue(field.element, field.value);
        field = undefined;
        onScan(key.text);
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

function setValue(element: TextField, value: string): void {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
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
