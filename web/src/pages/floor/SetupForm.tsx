import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Schemas } from "../../api.js";
import { messageOf } from "../../api.js";
import type { Station } from "../../outbox.js";
import { words as shared } from "../../words.js";
import { modes, type Setup } from "./station.js";
import { words } from "./words.js";

type Places = Schemas["Places"];

type Loading = { state: "loading" } | { state: "failed"; message: string } | { state: "loaded"; places: Places };

const lists = { location: "locations", stepName: "stepNames", assignedTo: "assignees" } as const;
const ways: readonly Station["by"][] = ["location", "stepName", "assignedTo"];

/** Asks once which station this is, who works there, and what a scan does. */
export function SetupForm({
  before,
  load,
  onDone,
  onCancel,
}: {
  before: Setup | undefined;
  load: () => Promise<Places>;
  onDone: (setup: Setup) => void;
  onCancel: (() => void) | undefined;
}) {
  const loading = useSignal<Loading>({ state: "loading" });
  const by = useSignal<Station["by"]>(before?.station.by ?? "location");
  const name = useSignal(before?.station.name ?? "");
  const operator = useSignal(before?.operator ?? "");
  const mode = useSignal(before?.mode ?? "advance");
  const hasSound = useSignal(before?.hasSound ?? true);

  const start = async () => {
    loading.value = { state: "loading" };
    try {
      const places = await load();
      if (!before && places.locations.length === 0) by.value = "stepName";
      loading.value = { state: "loaded", places };
    } catch (error) {
      loading.value = { state: "failed", message: messageOf(error) };
    }
  };
  useEffect(() => void start(), []);

  const places = loading.value.state === "loaded" ? loading.value.places : undefined;
  const choices = places?.[lists[by.value]] ?? [];
  // A station that no open job uses at the moment stays chosen.
  const isMissing = name.value !== "" && by.value === before?.station.by && !choices.some((place) => place.name === name.value);

  return (
    <form
      class="floor-setup"
      onSubmit={(event) => {
        event.preventDefault();
        onDone({ station: { by: by.value, name: name.value }, operator: operator.value.trim(), mode: mode.value, hasSound: hasSound.value });
      }}
    >
      <h1>{words.setupTitle}</h1>
      <p>{words.setupHint}</p>
      {loading.value.state === "failed" && (
        <p class="floor-bad" role="alert">
          {words.placesFailed}: {loading.value.message}{" "}
          <button type="button" class="floor-quiet" onClick={() => void start()}>
            {words.retry}
          </button>
        </p>
      )}
      <fieldset>
        <legend>{words.stationBy}</legend>
        <div class="floor-choices">
          {ways.map((way) => (
            <label key={way}>
              <input
                type="radio"
                name="by"
                checked={by.value === way}
                onChange={() => {
                  by.value = way;
                  name.value = "";
                }}
              />
              {words.by[way]}
            </label>
          ))}
        </div>
      </fieldset>
      <div class="floor-field">
        <label for="floor-station-name">{words.stationNames[by.value]}</label>
        <select id="floor-station-name" required value={name.value} onChange={(event) => (name.value = event.currentTarget.value)}>
          <option value="">{words.choose}</option>
          {isMissing && <option value={name.value}>{name.value}</option>}
          {choices.map((place) => (
            <option key={place.name} value={place.name}>
              {place.name} ({words.waiting(place.waiting)})
            </option>
          ))}
        </select>
      </div>
      {places && choices.length === 0 && <p>{words.noPlaces}</p>}
      <div class="floor-field">
        <label for="floor-operator">{words.operator}</label>
        <input
          id="floor-operator"
          type="text"
          required
          pattern=".*\S.*"
          maxLength={255}
          autocomplete="off"
          list="floor-operators"
          aria-describedby="floor-operator-hint"
          value={operator.value}
          onInput={(event) => (operator.value = event.currentTarget.value)}
        />
        <span id="floor-operator-hint" class="floor-hint">
          {words.operatorHint}
        </span>
      </div>
      <datalist id="floor-operators">
        {places?.assignees.map((place) => <option key={place.name} value={place.name} />)}
      </datalist>
      <fieldset>
        <legend>{words.mode}</legend>
        <div class="floor-choices">
          {modes.map((choice) => (
            <label key={choice}>
              <input type="radio" name="mode" checked={mode.value === choice} onChange={() => (mode.value = choice)} />
              <span>
                <strong>{words.modes[choice]}</strong>
                <span class="floor-hint">{words.modeHints[choice]}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={hasSound.value} onChange={(event) => (hasSound.value = event.currentTarget.checked)} />
        {words.sound}
      </label>
      <div class="floor-setup-buttons">
        <button type="submit" class="floor-button floor-button-advance">
          {words.start}
        </button>
        {onCancel && (
          <button type="button" class="floor-quiet" onClick={onCancel}>
            {shared.cancel}
          </button>
        )}
      </div>
    </form>
  );
}
