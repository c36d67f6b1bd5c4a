import { useSignal } from "@preact/signals";

import { announce } from "../../parts/Announcement.js";
import { TextField } from "../../parts/TextField.js";
import { forgetSetup, loadSetup, saveSetup, type Setup } from "../floor/station.js";
import { words } from "./words.js";

/** What this device is as a station: who works there, and whether it makes sounds. */
export function StationSettings() {
  const setup = useSignal(loadSetup());
  const at = setup.value;
  const forget = () => {
    forgetSetup();
    setup.value = undefined;
    announce(words.stationForgotten);
  };
  const save = (changed: Setup) => {
    saveSetup(changed);
    setup.value = changed;
  };
  return (
    <section class="card" aria-labelledby="station">
      <h2 id="station">{words.station}</h2>
      {at ? (
        <>
          <p>{words.stationIs(at.station.name)}</p>
          <OperatorForm setup={at} onSave={save} />
          <label class="check">
            <input type="checkbox" checked={at.hasSound} onChange={(event) => save({ ...at, hasSound: event.currentTarget.checked })} /> {words.sounds}
          </label>
          <div class="actions">
            <button type="button" onClick={forget}>
              {words.forgetStation}
            </button>
          </div>
        </>
      ) : (
        <p>
          {words.noStation} <a href="/floor">{words.setUpStation}</a>
        </p>
      )}
    </section>
  );
}

function OperatorForm({ setup, onSave }: { setup: Setup; onSave: (setup: Setup) => void }) {
  const operator = useSignal(setup.operator);
  const error = useSignal<string | undefined>(undefined);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = operator.value.trim();
    error.value = name === "" ? words.operatorMissing : undefined;
    if (name === "") return;
    onSave({ ...setup, operator: name });
    announce(words.operatorSaved(name));
  };
  return (
    <form class="form" onSubmit={submit}>
      <TextField label={words.operator} value={operator.value} error={error.value} hint={words.operatorHint} onChange={(text) => (operator.value = text)} />
      <div class="actions">
        <button>{words.saveOperator}</button>
      </div>
    </form>
  );
}
