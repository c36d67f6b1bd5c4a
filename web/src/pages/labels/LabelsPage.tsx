import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { client, messageOf } from "../../api.js";
import { JobField } from "../../parts/JobField.js";
import "../../shared.js";
import { Labels } from "./Labels.js";
import { canHold, type Symbology } from "./symbology.js";
import { paginate, readSerials, sheets, type PaperId, type SheetId } from "./sheets.js";
import { Travellers } from "./Travellers.js";
import { batchSize, unitsBySerial, unitsOfJob, type Batch } from "./units.js";
import { words } from "./words.js";

type Kind = keyof typeof words.kinds;

type View = { name: "empty" } | { name: "loading" } | { name: "failed"; message: string } | { name: "loaded"; batch: Batch; first: number };

/** Labels and travellers for the units of a job, or for some serial numbers: ?job= or ?serials= in the address. */
export function LabelsPage() {
  const query = new URLSearchParams(location.search);
  const view = useSignal<View>({ name: "empty" });
  const kind = useSignal<Kind>("labels");
  const jobId = useSignal(query.get("job") ?? "");
  const serials = useSignal(query.get("serials") ?? "");
  const source = useSignal<"job" | "serials">(serials.value === "" ? "job" : "serials");
  const withEnded = useSignal(false);
  const sheetId = useSignal<SheetId>("a4");
  const paper = useSignal<PaperId>("a4");
  const symbology = useSignal<Symbology>("datamatrix");
  const used = useSignal(0);
  const sheet = useComputed(() => sheets.find(({ id }) => id === sheetId.value) ?? sheets[0]!);

  const load = async (first: number) => {
    view.value = { name: "loading" };
    try {
      const batch =
        source.value === "job"
          ? await unitsOfJob(client(), jobId.value, first, withEnded.value)
          : await unitsBySerial(client(), readSerials(serials.value), first);
      view.value = { name: "loaded", batch, first };
    } catch (error) {
      view.value = { name: "failed", message: messageOf(error) };
    }
  };
  useEffect(() => {
    if (jobId.value !== "" || serials.value !== "") void load(1);
  }, []);

  const loaded = view.value.name === "loaded" ? view.value : undefined;
  const units = loaded?.batch.units ?? [];
  const unheld = units.find(({ serialId }) => !canHold(symbology.value, serialId));
  const pages = kind.value === "labels" ? paginate(units, sheet.value.perPage, used.value).length : units.length;

  return (
    <div class="labels">
      <form
        class="labels-form"
        onSubmit={(event) => {
          event.preventDefault();
          void load(1);
        }}
      >
        <h1>{words.title}</h1>
        <p>{words.intro}</p>
        <Choice legend={words.source} choices={words.sources} value={source.value} onChange={(value) => (source.value = value)} />
        {source.value === "job" ? (
          <div class="labels-field">
            <JobField label={words.job} jobId={jobId.value} onChange={(id) => (jobId.value = id)} />
            <label class="labels-check">
              <input type="checkbox" checked={withEnded.value} onChange={(event) => (withEnded.value = event.currentTarget.checked)} />
              {words.includeAll}
            </label>
          </div>
        ) : (
          <div class="labels-field">
            <label for="labels-serials">{words.serials}</label>
            <textarea
              id="labels-serials"
              required
              rows={4}
              aria-describedby="labels-serials-hint"
              value={serials.value}
              onInput={(event) => (serials.value = event.currentTarget.value)}
            />
            <span id="labels-serials-hint">{words.serialsHint}</span>
          </div>
        )}
        <button type="submit" disabled={source.value === "job" && jobId.value === ""}>
          {words.load}
        </button>

        <Choice legend={words.what} choices={words.kinds} value={kind.value} onChange={(value) => (kind.value = value)} />
        {kind.value === "labels" ? (
          <>
            <div class="labels-field">
              <label for="labels-sheet">{words.sheet}</label>
              <select id="labels-sheet" value={sheetId.value} onChange={(event) => (sheetId.value = event.currentTarget.value as SheetId)}>
                {sheets.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </div>
            {sheet.value.perPage > 1 && (
              <div class="labels-field">
                <label for="labels-used">{words.used}</label>
                <input
                  id="labels-used"
                  type="number"
                  min={0}
                  max={sheet.value.perPage - 1}
                  value={used.value}
                  onInput={(event) => (used.value = Math.min(sheet.value.perPage - 1, Math.max(0, Math.trunc(event.currentTarget.valueAsNumber || 0))))}
                />
              </div>
            )}
          </>
        ) : (
          <Choice legend={words.paper} choices={words.papers} value={paper.value} onChange={(value) => (paper.value = value)} />
        )}
        <Choice legend={words.code} choices={words.codes} value={symbology.value} onChange={(value) => (symbology.value = value)} />
      </form>

      <div class="labels-preview">
        <div role="status">
          {view.value.name === "loading" && <p>{words.loading}</p>}
          {loaded && units.length === 0 && <p>{words.none}</p>}
          {loaded && units.length > 0 && !unheld && <p>{words.count(units.length, pages)}</p>}
        </div>
        {view.value.name === "failed" && (
          <p role="alert">
            {words.failed}: {view.value.message}
          </p>
        )}
        {unheld && <p role="alert">{words.notHeld(unheld.serialId)}</p>}
        {loaded && units.length > 0 && !unheld && (
          <>
            <div class="labels-actions">
              <button type="button" class="primary" onClick={() => print()}>
                {words.print}
              </button>
              {loaded.first > 1 && (
                <button type="button" onClick={() => void load(loaded.first - batchSize)}>
                  {words.previous(batchSize)}
                </button>
              )}
              {loaded.batch.hasMore && (
                <button type="button" onClick={() => void load(loaded.first + batchSize)}>
                  {words.next(batchSize)}
                </button>
              )}
              <span>{words.printHint}</span>
            </div>
            {(loaded.batch.hasMore || loaded.first > 1) && <p>{words.range(loaded.first, loaded.first + units.length - 1)}</p>}
            <div class="labels-pages" aria-label={words.preview} role="region" tabIndex={0}>
              {kind.value === "labels" ? (
                <Labels units={units} sheet={sheet.value} symbology={symbology.value} used={sheet.value.perPage > 1 ? used.value : 0} />
              ) : (
                <Travellers units={units} paper={paper.value} symbology={symbology.value} />
              )}
            </div>
          </>
        )}
      </div>
    </div>
  );
}

/** A few choices, one of which is selected. */
function Choice<T extends string>({
  legend,
  choices,
  value,
  onChange,
}: {
  legend: string;
  choices: Readonly<Record<T, string>>;
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset class="labels-choice">
      <legend>{legend}</legend>
      {(Object.keys(choices) as T[]).map((choice) => (
        <label key={choice}>
          <input type="radio" name={legend} checked={value === choice} onChange={() => onChange(choice)} />
          {choices[choice]}
        </label>
      ))}
    </fieldset>
  );
}
