import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { client, messageOf } from "../api.js";
import { detailsOf, useEnter, useJobSearch } from "../jobSearch.js";
import { words } from "../words.js";

interface Option {
  id: string;
  name: string;
  details: string;
}

type State = { name: "closed" } | { name: "open"; typed: string | undefined; selected: number };

/** Jobs that are offered at once. A longer text finds fewer. */
const offered = 20;

/**
 * A field that chooses one of all jobs of the server: it searches while somebody types. The id "" means no job; `none` is the name of
 * this choice, if there is one.
 */
export function JobField({ label, jobId, none, onChange }: { label: string; jobId: string; none?: string; onChange: (jobId: string) => void }) {
  const state = useSignal<State>({ name: "closed" });
  const chosen = useSignal({ id: "", name: "" });
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();

  const at = state.value;
  const text = at.name === "open" ? (at.typed ?? "") : undefined;
  const { jobs, isCurrent, error } = useJobSearch(text, offered);
  const options: Option[] = jobs.map((job) => ({ id: job.id, name: job.name, details: detailsOf(job) }));
  if (none !== undefined && text?.trim() === "") options.unshift({ id: "", name: none, details: "" });
  const name = jobId === "" ? (none ?? "") : chosen.value.id === jobId ? chosen.value.name : "";
  const selected = at.name === "open" ? Math.min(at.selected, options.length - 1) : -1;

  useEffect(() => {
    if (jobId === "" || jobId === chosen.value.id) return undefined;
    const aborter = new AbortController();
    client()
      .jobs.get(jobId, { signal: aborter.signal })
      .then(({ name }) => name)
      // The page says what is wrong with the job.
      .catch(() => jobId)
      .then((name) => {
        if (!aborter.signal.aborted) chosen.value = { id: jobId, name };
      });
    return () => aborter.abort();
  }, [jobId]);
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }), [selected]);
  useEffect(() => {
    // The next text replaces the name.
    if (at.name === "closed" && document.activeElement === field.current) field.current?.select();
  }, [at.name, name]);

  const open = () => {
    if (at.name === "closed") state.value = { name: "open", typed: undefined, selected: 0 };
  };
  const close = () => {
    cancel();
    state.value = { name: "closed" };
  };
  const choose = (option: Option | undefined) => {
    if (!option) return;
    close();
    chosen.value = option;
    onChange(option.id);
  };
  const { enter, cancel } = useEnter(isCurrent, () => choose(options[selected]));
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0) {
      if (at.name === "closed") open();
      else if (options.length > 0) state.value = { ...at, selected: (selected + by + options.length) % options.length };
    } else if (at.name === "closed") return;
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") enter();
    else return;
    event.preventDefault();
  };
  return (
    <div class="field job-field">
      <label for={id}>{label}</label>
      <input
        ref={field}
        id={id}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-autocomplete="list"
        aria-expanded={at.name === "open"}
        aria-controls={`${id}-list`}
        aria-activedescendant={selected >= 0 ? `${id}-${selected}` : undefined}
        placeholder={words.findJob}
        data-search
        value={at.name === "open" && at.typed !== undefined ? at.typed : name}
        onFocus={(event) => event.currentTarget.select()}
        onClick={open}
        onInput={(event) => {
          cancel();
          state.value = { name: "open", typed: event.currentTarget.value, selected: 0 };
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {/* The field keeps the focus while an option is clicked. */}
      <div class="job-options" hidden={at.name === "closed"} onMouseDown={(event) => event.preventDefault()}>
        <ul ref={list} id={`${id}-list`} class="palette" role="listbox" aria-label={label}>
          {options.map((option, n) => (
            <li key={option.id} id={`${id}-${n}`} role="option" aria-selected={n === selected} onClick={() => choose(option)}>
              {option.name} <small>{option.details}</small>
            </li>
          ))}
        </ul>
        {error !== undefined && <p class="field-error">{messageOf(error)}</p>}
        {error === undefined && options.length === 0 && <p class="hint">{isCurrent ? words.paletteEmpty : words.loading}</p>}
      </div>
    </div>
  );
}
