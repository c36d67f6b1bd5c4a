import { useSignal } from "@preact/signals";
import { FileUp } from "lucide";
import { useEffect, useId } from "preact/hooks";

import { client, RoutecardError, type Schemas } from "../../api.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { Dialog } from "../../parts/Dialog.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { Choice } from "../../parts/TextField.js";
import "../../shared.js";
import { words as shared } from "../../words.js";
import { importWords as words } from "./words.js";

type Report = Schemas["ImportReport"];
type Field = keyof typeof words.fields;

type Step =
  | { name: "choosing" }
  | { name: "reading" }
  | { name: "refused"; error: unknown }
  | { name: "preview"; report: Report; error: unknown }
  | { name: "done"; report: Report };

/** How rows are read. A column that is not in `columns` is read as the server thinks best. */
interface Reading {
  columns: ReadonlyMap<string, Field | "">;
  dateOrder: keyof typeof words.dateOrders;
  onDuplicate: keyof typeof words.onDuplicates;
}

const fields = Object.keys(words.fields) as Field[];
/** Faults that are listed. The report of the API has all of them. */
const maxFaults = 100;
const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** Imports jobs from a file: shows what the server would do with each row, and does it when asked to. */
export function ImportDialog({ file, onClose }: { file: File | undefined; onClose: () => void }) {
  const chosen = useSignal(file);
  const step = useSignal<Step>({ name: file ? "reading" : "choosing" });
  const reading = useSignal<Reading>({ columns: new Map(), dateOrder: "auto", onDuplicate: "error" });
  const input = useId();
  const idempotencyKey = useIdempotencyKey(chosen.value, reading.value);

  const send = async (query: { dryRun?: boolean; mode: "atomic" | "perItem" }): Promise<Report> => {
    const source = chosen.value;
    if (!source) throw new Error(words.choose);
    const { columns, dateOrder, onDuplicate } = reading.value;
    const type = /\.xlsx$/i.test(source.name) ? xlsx : "text/csv";
    const map = [...columns].filter(([, field]) => field !== "").map(([column, field]) => `${column}:${field}`);
    return client().jobs.import(new Blob([source], { type }), {
      query: { ...query, onDuplicate, ...(map.length > 0 && { map }), ...(dateOrder !== "auto" && { dateOrder }) },
      ...(query.dryRun !== true && { idempotencyKey }),
    });
  };
  const preview = async () => {
    try {
      step.value = { name: "preview", report: await send({ dryRun: true, mode: "perItem" }), error: undefined };
    } catch (error) {
      step.value = { name: "refused", error };
    }
  };
  const run = async (report: Report) => {
    try {
      step.value = { name: "done", report: await send({ mode: report.failed > 0 ? "perItem" : "atomic" }) };
    } catch (error) {
      step.value = { name: "preview", report, error };
    }
  };
  const read = (change: Partial<Reading>) => {
    reading.value = { ...reading.value, ...change };
    void preview();
  };
  const choose = (next: File | undefined) => {
    if (!next) return;
    chosen.value = next;
    reading.value = { ...reading.value, columns: new Map() };
    step.value = { name: "reading" };
    void preview();
  };
  useEffect(() => {
    if (file) void preview();
  }, []);

  const at = step.value;
  return (
    <Dialog title={words.title} onClose={onClose}>
      {at.name !== "done" && (
        <div
          class="import-file"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            choose(event.dataTransfer?.files[0]);
          }}
        >
          <label for={input} class="button">
            <Icon node={FileUp} /> {chosen.value ? words.otherFile : words.choose}
          </label>
          <input
            id={input}
            class="visually-hidden"
            type="file"
            accept=".csv,.tsv,.txt,.xlsx"
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
          <p class="hint">{chosen.value?.name ?? words.chooseText}</p>
        </div>
      )}
      {at.name === "reading" && <p class="loading">{words.reading}</p>}
      {at.name === "refused" && <Failure error={at.error} />}
      {at.name === "refused" && at.error instanceof RoutecardError && <Mapping columns={[...reading.value.columns.keys()].map((column) => ({ column }))} reading={reading.value} onChange={read} />}
      {at.name === "preview" && (
        <>
          <Mapping columns={at.report.columns} reading={reading.value} onChange={read} />
          <h3>{words.preview}</h3>
          <Summary report={at.report} />
          {at.error !== undefined && <Failure error={at.error} />}
          <footer class="dialog-actions">
            <button type="button" onClick={onClose}>
              {shared.cancel}
            </button>
            <button type="button" class="primary" disabled={at.report.created + at.report.updated === 0} onClick={() => void run(at.report)}>
              {at.report.failed > 0 ? words.importValid : words.importAll}
            </button>
          </footer>
        </>
      )}
      {at.name === "done" && (
        <>
          <h3>{words.report}</h3>
          <Summary report={at.report} />
          <footer class="dialog-actions">
            <button type="button" class="primary" onClick={onClose}>
              {words.done}
            </button>
          </footer>
        </>
      )}
    </Dialog>
  );
}

/** Which column is for which field, and how ambiguous values are read. */
function Mapping({ columns, reading, onChange }: { columns: readonly Schemas["ImportColumn"][]; reading: Reading; onChange: (change: Partial<Reading>) => void }) {
  return (
    <>
      <h3>{words.columns}</h3>
      <div class="import-columns">
        {columns.map(({ column, field }) => (
          <Choice
            key={column}
            label={column}
            value={reading.columns.get(column) ?? fields.find((known) => known === field) ?? ""}
            options={[["", words.ignored], ...fields.map((known) => [known, words.fields[known]] as const)]}
            onChange={(chosen) => onChange({ columns: new Map([...reading.columns, [column, chosen]]) })}
          />
        ))}
      </div>
      <div class="import-columns">
        <Choice
          label={words.dateOrder}
          value={reading.dateOrder}
          options={Object.entries(words.dateOrders) as [Reading["dateOrder"], string][]}
          onChange={(dateOrder) => onChange({ dateOrder })}
        />
        <Choice
          label={words.onDuplicate}
          value={reading.onDuplicate}
          options={Object.entries(words.onDuplicates) as [Reading["onDuplicate"], string][]}
          onChange={(onDuplicate) => onChange({ onDuplicate })}
        />
      </div>
    </>
  );
}

/** The numbers of a report, and the rows with faults. */
function Summary({ report }: { report: Report }) {
  const faulty = report.rows.filter((row) => row.status === "failed");
  return (
    <div class="import-summary">
      <p role="status">
        <strong>{report.dryRun ? words.toCreate(report.created) : words.created(report.created)}</strong>
        {report.updated > 0 && <span>{words.updated(report.updated)}</span>}
        {report.skipped > 0 && <span>{words.skipped(report.skipped)}</span>}
        {report.failed > 0 && <span class="is-bad">{words.failed(report.failed)}</span>}
      </p>
      {faulty.length === 0 ? (
        <p class="hint">{words.noFaults}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{words.row}</th>
              <th scope="col">{words.fault}</th>
            </tr>
          </thead>
          <tbody>
            {faulty.slice(0, maxFaults).map((row) => (
              <tr key={row.row}>
                <th scope="row">{row.row}</th>
                <td>
                  {(row.errors ?? []).map((fault, index) => (
                    <p key={index}>
                      {fault.column !== undefined && <strong>{fault.column}: </strong>}
                      {fault.reason}
                    </p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {faulty.length > maxFaults && <p>{words.moreFaults(faulty.length - maxFaults)}</p>}
    </div>
  );
}
