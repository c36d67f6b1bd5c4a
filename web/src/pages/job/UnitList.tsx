import { useSignal } from "@preact/signals";
import { useLocation } from "preact-iso/router";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { client, type Schemas } from "../../api.js";
import { toPage, usePagedList } from "../../pagedList.js";
import { Failure } from "../../parts/Failure.js";
import { Choice, TextField } from "../../parts/TextField.js";
import { useVirtualRows } from "../../virtualRows.js";
import { words as shared } from "../../words.js";
import { BulkActions } from "./BulkActions.js";
import { words } from "./words.js";

type Outcome = { name: "none" } | { name: "done"; result: Schemas["BulkResult"] } | { name: "refused"; error: unknown };
type Status = Schemas["SerialStatus"] | "";

const pageSize = 500;
/** Height of a row in pixels, as job.css sets it. */
const rowHeight = 52;
/** Refusals that are listed. */
const maxRefusals = 20;
const statuses = [["", words.anyStatus], ...Object.entries(shared.statuses)] as [Status, string][];

/** The units of a job: search, filters, and commands for many at once. */
export function UnitList({ jobId, paths, step, mayChange }: { jobId: string; paths: readonly Schemas["PathDetail"][]; step: string; mayChange: boolean }) {
  const { route } = useLocation();
  const q = useSignal("");
  const status = useSignal<Status>("");
  const selected = useSignal<ReadonlyMap<string, Schemas["Serial"]>>(new Map());
  const outcome = useSignal<Outcome>({ name: "none" });
  const body = useRef<HTMLTableSectionElement>(null);
  const { list, reach, reload } = usePagedList(
    async (cursor) =>
      toPage(
        await client()
          .serials.list({
            query: {
              jobId,
              limit: pageSize,
              ...(step !== "" && { stepId: step }),
              ...(status.value !== "" && { status: status.value }),
              ...(q.value.trim() !== "" && { q: q.value.trim() }),
              ...(cursor !== undefined && { cursor }),
            },
          })
          .withResponse(),
      ),
    [jobId, step, status.value, q.value],
  );
  const units = list.name === "loaded" ? list.value : [];
  const rows = useVirtualRows(body, units.length, rowHeight);
  const [first, end] = [rows.indexes[0] ?? 0, (rows.indexes.at(-1) ?? -1) + 1];
  useEffect(() => reach(first, end), [first, end, units.length]);

  const steps = paths.flatMap((path) => path.steps);
  const stepNames = new Map(steps.map(({ id, name }) => [id, name]));
  const toggle = (unit: Schemas["Serial"]) => {
    const next = new Map(selected.value);
    if (!next.delete(unit.id)) next.set(unit.id, unit);
    selected.value = next;
  };
  // A unit that a filter hides stays selected. It is sent as it was shown last.
  const shown = new Map(units.map((unit) => [unit.id, unit]));
  const chosen = [...selected.value.values()].map((unit) => shown.get(unit.id) ?? unit);
  const run = async (send: () => Promise<Schemas["BulkResult"]>) => {
    const result = await send();
    const changed = new Set(result.results.filter(({ ok }) => ok).map(({ serialId }) => serialId));
    outcome.value = { name: "done", result };
    selected.value = new Map(chosen.filter(({ id }) => !changed.has(id)).map((unit) => [unit.id, unit]));
    await reload();
  };
  const isAll = units.length > 0 && units.every((unit) => selected.value.has(unit.id));
  return (
    <section aria-labelledby="units">
      <h2 id="units">{words.units}</h2>
      <div class="filters">
        <TextField label={words.searchUnits} value={q.value} onChange={(text) => (q.value = text)} />
        <Choice label={words.status} value={status.value} options={statuses} onChange={(value) => (status.value = value)} />
        <Choice
          label={words.step}
          value={step}
          options={[["", words.anyStep], ...steps.map(({ id, name }) => [id, name] as const)]}
          onChange={(id) => route(`/jobs/${encodeURIComponent(jobId)}${id === "" ? "" : `?step=${encodeURIComponent(id)}`}`, true)}
        />
      </div>
      {mayChange && selected.value.size > 0 && (
        <BulkActions
          units={chosen}
          paths={paths}
          run={run}
          onRefused={(error) => (outcome.value = { name: "refused", error })}
          onClear={() => (selected.value = new Map())}
        />
      )}
      {outcome.value.name === "refused" && <Failure error={outcome.value.error} />}
      {outcome.value.name === "done" && <BulkReport result={outcome.value.result} />}
      {list.name === "loading" && <p class="loading">{shared.loading}</p>}
      {list.name === "failed" && <Failure error={list.error} retry={() => void reload()} />}
      {list.name === "loaded" && units.length === 0 && <p>{words.noUnits}</p>}
      {units.length > 0 && (
        <table class="unit-table">
          <thead>
            <tr>
              {mayChange && (
                <th scope="col">
                  <label class="check">
                    <input
                      type="checkbox"
                      aria-label={words.selectAll}
                      checked={isAll}
                      onChange={() => (selected.value = isAll ? new Map() : shown)}
                    />
                  </label>
                </th>
              )}
              <th scope="col">{words.unit}</th>
              <th scope="col">{words.at}</th>
              <th scope="col">{words.status}</th>
            </tr>
          </thead>
          <tbody ref={body}>
            <tr class="spacer" aria-hidden="true" style={{ height: `${rows.before}px` }} />
            {rows.indexes.map((index) => {
              const unit = units[index];
              return (
                unit && (
                  <tr key={unit.id}>
                    {mayChange && (
                      <td>
                        <label class="check">
                          <input type="checkbox" aria-label={words.select(unit.id)} checked={selected.value.has(unit.id)} onChange={() => toggle(unit)} />
                        </label>
                      </td>
                    )}
                    <th scope="row">
                      <a href={`/units/${encodeURIComponent(unit.id)}`}>{unit.id}</a>
                    </th>
                    <td>{stepNames.get(unit.currentStepId ?? "")}</td>
                    <td>{shared.statuses[unit.status]}</td>
                  </tr>
                )
              );
            })}
            <tr class="spacer" aria-hidden="true" style={{ height: `${rows.after}px` }} />
          </tbody>
        </table>
      )}
    </section>
  );
}

/** What a command for many units has done, with the server's sentence for each unit that it refused. */
function BulkReport({ result }: { result: Schemas["BulkResult"] }) {
  const report = useRef<HTMLDivElement>(null);
  const refused = result.results.filter((unit) => !unit.ok);
  // The button that had the focus goes with the selection.
  useLayoutEffect(() => report.current?.focus(), [result]);
  return (
    <div ref={report} role="status" tabIndex={-1}>
      <p>{words.bulkDone(result.succeeded)}</p>
      {refused.length > 0 && (
        <>
          <p class="is-bad">{words.bulkFailed(refused.length)}</p>
          <ul>
            {refused.slice(0, maxRefusals).map((unit) => (
              <li key={unit.serialId}>{unit.error?.message}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
