import { useSignal } from "@preact/signals";
import { useLocation } from "preact-iso/router";
import { useEffect } from "preact/hooks";

import { client } from "../api.js";
import { Dialog } from "../parts/Dialog.js";
import { words } from "../words.js";

type Target = { path: string; name: string };

/** How long the palette waits for the next key before it searches for jobs, in milliseconds. */
const typingPause = 150;

/** Goes to a page, or to a job whose name or part number matches what is typed. */
export function Palette({ pages, onClose }: { pages: readonly Target[]; onClose: () => void }) {
  const { route } = useLocation();
  const text = useSignal("");
  const jobs = useSignal<readonly Target[]>([]);
  const selected = useSignal(0);

  useEffect(() => {
    const q = text.value.trim();
    if (q === "") {
      jobs.value = [];
      return undefined;
    }
    const aborter = new AbortController();
    const timer = setTimeout(async () => {
      const found = await client().jobs.list({ query: { q, limit: 8 }, signal: aborter.signal }).catch(() => []);
      jobs.value = found.map(({ id, name }) => ({ path: `/jobs/${id}`, name }));
    }, typingPause);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [text.value]);

  const wanted = text.value.trim().toLowerCase();
  const targets = [...pages.filter(({ name }) => name.toLowerCase().includes(wanted)), ...jobs.value];
  const index = Math.min(selected.value, Math.max(targets.length - 1, 0));
  const go = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    route(target.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (event.key === "Enter") go(targets[index]);
    else if (step !== undefined && targets.length > 0) selected.value = (index + step + targets.length) % targets.length;
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={words.palette} onClose={onClose}>
      <input
        class="palette-input"
        role="combobox"
        aria-label={words.palette}
        aria-expanded="true"
        aria-controls="palette"
        aria-activedescendant={`palette-${index}`}
        autofocus
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          selected.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette" class="palette" role="listbox" aria-label={words.palette}>
        {targets.map((target, n) => (
          <li key={target.path} id={`palette-${n}`} role="option" aria-selected={n === index} onClick={() => go(target)}>
            {target.name}
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p>{words.paletteEmpty}</p>}
    </Dialog>
  );
}
