import { useSignal } from "@preact/signals";
import { useLocation } from "preact-iso/router";

import { detailsOf, useEnter, useJobSearch } from "../jobSearch.js";
import { Dialog } from "../parts/Dialog.js";
import { words } from "../words.js";

type Target = { path: string; name: string; details?: string };

/** Jobs that are offered at once. */
const offered = 8;

/** Goes to a page, or to a job whose name or part number matches what is typed. */
export function Palette({ pages, onClose }: { pages: readonly Target[]; onClose: () => void }) {
  const { route } = useLocation();
  const text = useSignal("");
  const selected = useSignal(0);

  const wantedJobs = text.value.trim() === "" ? undefined : text.value;
  const { jobs, isCurrent } = useJobSearch(wantedJobs, offered);
  const wanted = text.value.trim().toLowerCase();
  const found = pages.filter(({ name }) => name.toLowerCase().includes(wanted));
  const targets: Target[] = [...found, ...jobs.map((job) => ({ path: `/jobs/${job.id}`, name: job.name, details: detailsOf(job) }))];
  const index = Math.min(selected.value, Math.max(targets.length - 1, 0));
  const go = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    route(target.path);
  };
  // The pages do not wait for the search.
  const { enter, cancel } = useEnter(isCurrent || index < found.length, () => go(targets[index]));
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (event.key === "Enter") enter();
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
          cancel();
          text.value = event.currentTarget.value;
          selected.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette" class="palette" role="listbox" aria-label={words.palette}>
        {targets.map((target, n) => (
          <li key={target.path} id={`palette-${n}`} role="option" aria-selected={n === index} onClick={() => go(target)}>
            {target.name} <small>{target.details}</small>
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p>{isCurrent ? words.paletteEmpty : words.loading}</p>}
    </Dialog>
  );
}
