import { Dialog } from "../parts/Dialog.js";
import { words } from "../words.js";

const shortcuts: readonly [keys: string, meaning: string][] = [
  ["?", "Show this list"],
  ["/", "Search on this page"],
  ["Ctrl + K", "Go to a page or a job"],
  ["Tab", "Go to the next button, link, or field"],
  ["Escape", "Close a dialog"],
];

/** The list of keyboard shortcuts. */
export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={words.keys} onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>{words.close}</button>
      </form>
    </Dialog>
  );
}
