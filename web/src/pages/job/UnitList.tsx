import { useSignal } from "@preact/signals";
import { useLocation } from "preact-iso/router";
import { useEffect, useRef } from "preact/hooks";

import { client, type Schemas } from "../../api.js";
import { toPage, usePagedList } from "../../pagedList.js";
import { Dialog } from "../../parts/Dialog.js";
import { Failure } from "../../parts/Failure.js";
import { Choice, TextField } from "../../parts/TextField.js";
import { plannerWords } from "../../plannerWords.js";
import { useVirtualRows } from "../../virtualRows.js";
import { words as shared } from "../../words.js";
import { words } from "./words.js";

type Outcome = { name: "none" } | { name: "done"; result: Schemas["BulkResult"] } | { name: "refused"; error: unknown };
type Status = Schemas["SerialStatus"] | "";

const pageSize = 500;
/** Height of a row in pixels, as planner.css sets it. */
const rowHeight = 52;
/** Refusals that are listed. */
const maxRefusals = 20;
const statuses = [["", words.anyStatus], ...Object.entries(plannerWords.statuses)] as [Status, string][];
const reasons = Object.entries(plannerWords.scrapReasons) as [Schemas["ScrapReason"], string][];

/** The units of a job: search, filters, and commands for many at once. */
export function UnitList({ jobId, paths, step, mayChange }: { jobId: string; paths: readonly Schemas["PathDetail"][]; step: string; mayChange: boolean }) {
  const { route } = useLocation();
  const q = useSignal("");
  const status = useSignal<Status>("");
  const selected = useSignal<ReadonlySet<string>>(new Set());
  const outcome = useSignal<Outcome>({ name: "none" });
  const isScrapping = useSignal(false);
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
  const units = list.name === "loaded" ? list.value.items : [];
  const rows = useVirtualRows(body, units.length, rowHeight);
  useEffect(() => reach(rows.reached), [rows.reached, units.length]);

  const steps = paths.flatMap((path) => path.steps);
  const stepNames = new Map(steps.map(({ id, name }) => [id, name]));
  const toggle = (id: string) => {
    const next = new Set(selected.value);
    if (!next.delete(id)) next.add(id);
    selected.value = next;
  };
  const run = async (send: (serialIds: string[]) => Promise<Schemas["BulkResult"]>) => {
    try {
      const result = await send([...selected.value]);
      outcome.value = { name: "done", result };
      selected.value = new Set(result.results.filter((unit) => !unit.ok).map((unit) => unit.serialId));
    } catch (error) {
      outcome.value = { name: "refused", error };
    }
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
        <div class="bulk">
          <strong role="status">{words.selected(selected.value.size)}</strong>
          <button type="button" class="primary" onClick={() => void run((serialIds) => client().serials.advanceMany({ serialIds, mode: "perItem" }))}>
            {words.advance}
          </button>
          <button type="button" class="danger" onClick={() => (isScrapping.value = true)}>
            {words.scrap}
          </button>
          <button type="button" class="quiet" onClick={() => (selected.value = new Set())}>
            {words.clear}
          </button>
        </div>
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
                      onChange={() => (selected.value = isAll ? new Set() : new Set(units.map(({ id }) => id)))}
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
                          <input type="checkbox" aria-label={words.select(unit.id)} checked={selected.value.has(unit.id)} onChange={() => toggle(unit.id)} />
                        </label>
                      </td>
                    )}
                    <th scope="row">
                      <a href={`/units/${encodeURIComponent(unit.id)}`}>{unit.id}</a>
                    </th>
                    <td>{stepNames.get(unit.currentStepId ?? "")}</td>
                    <td>{plannerWords.statuses[unit.status]}</td>
                  </tr>
                )
              );
            })}
            <tr class="spacer" aria-hidden="true" style={{ height: `${rows.after}px` }} />
          </tbody>
        </table>
      )}
      {isScrapping.value && (
        <ScrapDialog
          onClose={() => (isScrapping.value = false)}
          onScrap={(reason, explanation) => {
            isScrapping.value = false;
            void run((serialIds) => client().serials.scrapMany({ serialIds, mode: "perItem", reason, ...(explanation !== "" && { explanation }) }));
          }}
        />
      )}
    </section>
  );
}

/** Asks why units are scrapped. */
export function ScrapDialog({ onClose, onScrap }: { onClose: () => void; onScrap: (reason: Schemas["ScrapReason"], explanation: string) => void }) {
  const reason = useSignal<Schemas["ScrapReason"]>("damaged");
  const explanation = useSignal("");
  return (
    <Dialog title={words.scrapTitle} onClose={onClose}>
      <Choice label={words.reason} value={reason.value} options={reasons} onChange={(value) => (reason.value = value)} />
      <TextField label={words.explanation} value={explanation.value} onChange={(text) => (explanation.value = text)} />
      <footer class="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared.cancel}
        </button>
        <button type="button" class="danger" onClick={() => onScrap(reason.value, explanation.value.trim())}>
          {words.scrap}
        </button>
      </footer>
    </Dialog>
  );
}

/** What a command for many units has done, with the server's sentence for each unit that it refused. */
function BulkReport({ result }: { result: Schemas["BulkResult"] }) {
  const refused = result.results.filter((unit) => !unit.ok);
  return (
    <div role="status">
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
