import { useSignal } from "@preact/signals";
import { Plus } from "lucide";
import { useLocation, useRoute } from "preact-iso/router";

import { client, mayOperate, mayWrite, type Schemas } from "../../api.js";
import { formatDate, formatTime } from "../../format.js";
import { useIdempotencyKey } from "../../idempotencyKey.js";
import { useLoaded } from "../../loaded.js";
import { announce } from "../../parts/Announcement.js";
import { EventList } from "../../parts/EventList.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { lazy } from "../../parts/lazy.js";
import { PriorityTag } from "../../parts/PriorityTag.js";
import { ProgressBar } from "../../parts/ProgressBar.js";
import { SendDialog } from "../../parts/SendDialog.js";
import { TextField } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { BurnUp } from "./BurnUp.js";
import { EditJobDialog } from "./EditJobDialog.js";
import type { EditedPath } from "./PathEditor.js";
import { RouteMap } from "./RouteMap.js";
import { UnitList } from "./UnitList.js";
import { words } from "./words.js";

const PathEditor = lazy(async () => (await import("./PathEditor.js")).PathEditor);

type Open = { name: "nothing" } | { name: "editJob" } | { name: "close" } | { name: "newPath" } | { name: "edit"; path: EditedPath } | { name: "addUnits"; pathId: string };

/** How many events of the timeline are shown. */
const maxEvents = 50;

/** One job: its progress, its paths, its units, and what has happened. */
export function JobPage() {
  const { params } = useRoute();
  const { query } = useLocation();
  const id = params["id"] ?? "";
  const open = useSignal<Open>({ name: "nothing" });
  const failed = useSignal<unknown>(undefined);
  const { loaded, reload } = useLoaded(async () => {
    const [{ data: job, response }, forecast] = await Promise.all([client().jobs.get(id).withResponse(), client().insights.getForecast({ query: { jobId: id } })]);
    const [paths, events] = await Promise.all([
      Promise.all(job.paths.map((path) => client().paths.get(path.id).withResponse())),
      client().events.list({ query: { jobId: id, order: "desc", limit: maxEvents } }),
    ]);
    return { job, etag: response.headers.get("ETag") ?? "", forecast, paths: paths.map(({ data, response }) => ({ path: data, etag: response.headers.get("ETag") ?? "" })), events };
  }, [id]);

  if (loaded.name === "loading") return <p class="loading">{shared.loading}</p>;
  if (loaded.name === "failed") return <Failure error={loaded.error} retry={() => void reload()} />;
  const { job, etag, forecast, paths, events } = loaded.value;
  const shut = () => (open.value = { name: "nothing" });
  const reopen = async () => {
    try {
      await client().jobs.reopen(id);
      announce(words.reopened(job.name));
      failed.value = undefined;
    } catch (error) {
      failed.value = error;
    }
    await reload();
  };
  const at = open.value;
  return (
    <>
      <p>
        <a href="/">{words.back}</a>
      </p>
      <header class="page-head">
        <h1>{job.name}</h1>
        <PriorityTag priority={job.priority} />
        <div class="page-actions">
          <a class="button" href={`/insights?job=${encodeURIComponent(id)}`}>
            {shared.insights}
          </a>
          <a class="button" href={`/labels?job=${encodeURIComponent(id)}`}>
            {words.labels}
          </a>
          {mayWrite() && (
            <button type="button" onClick={() => (open.value = { name: "editJob" })}>
              {words.editJob}
            </button>
          )}
          {mayWrite() && (job.closedAt === undefined ? (
            <button type="button" onClick={() => (open.value = { name: "close" })}>
              {words.close}
            </button>
          ) : (
            <button type="button" onClick={() => void reopen()}>
              {words.reopen}
            </button>
          ))}
        </div>
      </header>
      {failed.value !== undefined && <Failure error={failed.value} />}
      <section class="card">
        <ProgressBar done={job.progress.totalCompleted} underWay={job.progress.totalInProgress} scrapped={job.progress.totalScrapped} goal={job.progress.totalGoal} />
        <p class="job-sub">
          {job.closedAt !== undefined && <span class="tag">{words.closedAt(formatTime(job.closedAt))}</span>}
          {job.dueDate !== undefined && <span>{words.due(formatDate(job.dueDate))}</span>}
          {job.closedAt === undefined && <ForecastText forecast={forecast} dueDate={job.dueDate} />}
          {[job.jiraTicketKey, job.jiraPartNumber, job.externalId, job.closeReason].filter((text) => text !== undefined).map((text) => (
            <span key={text}>{text}</span>
          ))}
        </p>
        {job.notes !== undefined && <p class="notes">{job.notes}</p>}
      </section>
      {paths.length === 0 && <p>{words.noPaths}</p>}
      {paths.map(({ path, etag }) => (
        <section class="card" key={path.id} aria-label={path.name}>
          <RouteMap path={path} />
          <div class="actions">
            {mayWrite() && (
              <button type="button" onClick={() => (open.value = { name: "edit", path: { path, etag } })}>
                {words.editPath}
              </button>
            )}
            {mayWrite() && job.closedAt === undefined && (
              <button type="button" onClick={() => (open.value = { name: "addUnits", pathId: path.id })}>
                {words.addUnits}
              </button>
            )}
          </div>
        </section>
      ))}
      {mayWrite() && (
        <button type="button" onClick={() => (open.value = { name: "newPath" })}>
          <Icon node={Plus} /> {words.addPath}
        </button>
      )}
      {job.progress.totalCompleted + job.progress.totalInProgress > 0 && <BurnUp job={job} />}
      <UnitList jobId={id} paths={paths.map(({ path }) => path)} step={query["step"] ?? ""} mayChange={mayOperate() && job.closedAt === undefined} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">{words.timeline}</h2>
        {events.length === 0 ? <p>{words.noEvents}</p> : <EventList events={events} withUnits />}
      </section>
      {at.name === "editJob" && <EditJobDialog job={job} etag={etag} onClose={shut} onDone={() => void reload()} />}
      {at.name === "close" && <CloseDialog job={job} onClose={shut} onDone={() => void reload()} />}
      {at.name === "newPath" && <PathEditor edited={undefined} job={job} onClose={shut} onDone={() => void reload()} />}
      {at.name === "edit" && <PathEditor edited={at.path} job={job} onClose={shut} onDone={() => void reload()} />}
      {at.name === "addUnits" && <AddUnitsDialog pathId={at.pathId} onClose={shut} onDone={() => void reload()} />}
    </>
  );
}

function ForecastText({ forecast, dueDate }: { forecast: Schemas["Forecast"]; dueDate: string | undefined }) {
  if (forecast.status === "done") return null;
  if (forecast.expectedDate === undefined) return <span>{words.noForecast}</span>;
  // Dates of the API are in the order of their texts.
  const isLate = dueDate !== undefined && forecast.expectedDate > dueDate;
  const date = formatDate(forecast.expectedDate);
  return <span class={isLate ? "is-bad" : ""}>{isLate ? words.expectedLate(date) : words.expected(date)}</span>;
}

function CloseDialog({ job, onClose, onDone }: { job: Schemas["JobDetail"]; onClose: () => void; onDone: () => void }) {
  const reason = useSignal("");
  const close = async () => {
    await client().jobs.close(job.id, reason.value.trim() === "" ? {} : { reason: reason.value.trim() });
    announce(words.closed(job.name));
    onDone();
  };
  return (
    <SendDialog title={words.close} label={words.close} send={close} onClose={onClose}>
      <p>{words.closeText}</p>
      <TextField label={words.closeReason} value={reason.value} onChange={(text) => (reason.value = text)} />
    </SendDialog>
  );
}

function AddUnitsDialog({ pathId, onClose, onDone }: { pathId: string; onClose: () => void; onDone: () => void }) {
  const quantity = useSignal("");
  const idempotencyKey = useIdempotencyKey(quantity.value);
  const add = async () => {
    const created = await client().serials.create({ pathId, quantity: Number(quantity.value) }, { idempotencyKey });
    announce(words.unitsAdded(created.length));
    onDone();
  };
  return (
    <SendDialog title={words.addUnits} label={words.addUnits} send={add} onClose={onClose}>
      <TextField label={words.quantity} inputMode="numeric" value={quantity.value} onChange={(text) => (quantity.value = text)} />
    </SendDialog>
  );
}
