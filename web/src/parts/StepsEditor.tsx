import { useSignal } from "@preact/signals";
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from "lucide";
import type { RefObject, TargetedClipboardEvent, TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useId, useRef } from "preact/hooks";

import type { Schemas } from "../api.js";
import { moveStep, newStep, readPastedSteps, type StepDraft } from "../steps.js";
import { words } from "../words.js";
import { Icon } from "./Icon.js";

const dependencies: Schemas["DependencyType"][] = ["preferred", "physical", "completion_gate"];

/** Puts the focus on the name of the step at a place once its row is there, after the next render. `within` has the rows of the steps. */
export function focusStep(within: RefObject<HTMLElement | null>, place: number): void {
  setTimeout(() => within.current?.querySelectorAll(".step-row")[place]?.querySelector("input")?.focus());
}

/**
 * The steps of a path as rows that can be edited, dragged by mouse or finger, and pasted from a spreadsheet. Alt with an arrow key
 * moves the row that has the focus. `errorOf` returns the server's sentence about a field of the step at a place.
 */
export function StepsEditor({
  steps,
  onChange,
  errorOf,
}: {
  steps: readonly StepDraft[];
  onChange: (steps: StepDraft[]) => void;
  errorOf: (place: number, step: StepDraft) => string | undefined;
}) {
  const list = useRef<HTMLOListElement>(null);
  const dragged = useSignal<number | undefined>(undefined);
  const said = useSignal("");
  const names = useId();

  const change = (place: number, fields: Partial<StepDraft>) => onChange(steps.map((step, index) => (index === place ? { ...step, ...fields } : step)));
  const move = (from: number, to: number) => {
    const step = steps[from];
    if (!step || to < 0 || to >= steps.length) return;
    onChange(moveStep(steps, from, to));
    said.value = words.stepMoved(step.name, to + 1);
  };
  const add = () => {
    onChange([...steps, newStep()]);
    focusStep(list, steps.length);
  };
  const remove = (place: number) => {
    onChange(steps.filter((_, index) => index !== place));
    focusStep(list, Math.max(0, place - 1));
  };
  const paste = (event: TargetedClipboardEvent<HTMLInputElement>, place: number) => {
    const rows = readPastedSteps(event.clipboardData?.getData("text/plain") ?? "");
    if (!rows) return;
    event.preventDefault();
    const isEmpty = steps[place]?.name.trim() === "";
    onChange(steps.toSpliced(isEmpty ? place : place + 1, isEmpty ? 1 : 0, ...rows));
    said.value = words.stepsPasted(rows.length);
  };
  const moveByKey = (event: TargetedKeyboardEvent<HTMLLIElement>, place: number) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!event.altKey || by === 0) return;
    event.preventDefault();
    move(place, place + by);
  };
  const startDrag = (event: TargetedPointerEvent<HTMLElement>, place: number) => {
    if (event.button !== 0) return;
    event.preventDefault();
    // The list gets the pointer, because the row may change its place in the document while it is dragged.
    list.current?.setPointerCapture(event.pointerId);
    dragged.value = place;
  };
  const drag = ({ clientY }: PointerEvent) => {
    const from = dragged.value;
    if (from === undefined || !list.current) return;
    // The row moves when the pointer has reached the grip of its neighbor, so rows of different heights do not jump back and forth.
    const grips = [...list.current.querySelectorAll(".step-grip")].map((grip) => grip.getBoundingClientRect());
    const to = grips.filter(({ top, bottom }, place) => (place < from ? bottom < clientY : place > from && top <= clientY)).length;
    if (to === from) return;
    move(from, to);
    dragged.value = to;
    setTimeout(() => list.current?.children[to]?.scrollIntoView({ block: "nearest" }));
  };
  const endDrag = () => (dragged.value = undefined);

  return (
    <div class="steps-editor">
      <ol ref={list} onPointerMove={drag} onLostPointerCapture={endDrag}>
        {steps.map((step, place) => {
          const error = errorOf(place, step);
          const errorId = `${names}-${step.key}`;
          const called = step.name.trim() || words.stepNumber(place + 1);
          return (
            <li
              key={step.key}
              class={dragged.value === place ? "step-row is-dragged" : "step-row"}
              onKeyDown={(event) => moveByKey(event, place)}
            >
              <span class="step-grip" title={words.dragStep} onPointerDown={(event) => startDrag(event, place)}>
                <Icon node={GripVertical} />
                <span class="step-place">{place + 1}</span>
              </span>
              <label class="step-name">
                <span>{words.stepName}</span>
                <input
                  type="text"
                  value={step.name}
                  aria-invalid={error !== undefined}
                  aria-describedby={error === undefined ? undefined : errorId}
                  onInput={(event) => change(place, { name: event.currentTarget.value })}
                  onPaste={(event) => paste(event, place)}
                />
              </label>
              <label>
                <span>{words.location}</span>
                <input type="text" value={step.location} onInput={(event) => change(place, { location: event.currentTarget.value })} />
              </label>
              <label>
                <span>{words.assignedTo}</span>
                <input type="text" value={step.assignedTo} onInput={(event) => change(place, { assignedTo: event.currentTarget.value })} />
              </label>
              <label class="step-dependency">
                <span>{words.dependency}</span>
                <select
                  value={step.dependencyType}
                  onChange={(event) => change(place, { dependencyType: event.currentTarget.value as Schemas["DependencyType"] })}
                >
                  {dependencies.map((type) => (
                    <option key={type} value={type}>
                      {words.dependencies[type]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="step-optional">
                <input type="checkbox" checked={step.optional} onChange={(event) => change(place, { optional: event.currentTarget.checked })} />
                <span>{words.optional}</span>
              </label>
              <span class="step-buttons">
                <button type="button" class="icon-button" aria-label={words.moveUp(called)} disabled={place === 0} onClick={() => move(place, place - 1)}>
                  <Icon node={ArrowUp} />
                </button>
                <button
                  type="button"
                  class="icon-button"
                  aria-label={words.moveDown(called)}
                  disabled={place === steps.length - 1}
                  onClick={() => move(place, place + 1)}
                >
                  <Icon node={ArrowDown} />
                </button>
                <button type="button" class="icon-button" aria-label={words.removeStep(called)} onClick={() => remove(place)}>
                  <Icon node={Trash2} />
                </button>
              </span>
              {error !== undefined && (
                <p id={errorId} class="field-error step-error">
                  {error}
                </p>
              )}
            </li>
          );
        })}
      </ol>
      <p class="steps-editor-foot">
        <button type="button" onClick={add}>
          <Icon node={Plus} /> {words.addStep}
        </button>
        <span class="hint">{words.pasteHint}</span>
      </p>
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
    </div>
  );
}
