import { useSignal } from "@preact/signals";
import { Copy, Download, FileUp, Plus } from "lucide";
import { useLocation } from "preact-iso/router";
import { useEffect, useRef } from "preact/hooks";

import { client, head, mayWrite, type Schemas } from "../../api.js";
import { downloadCSV } from "../../download.js";
import { formatNumber } from "../../format.js";
import { pageSize, type ListSource } from "../../longList.js";
import { nextCursor, toPage } from "../../pagedList.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { lazy } from "../../parts/lazy.js";
import { Choice } from "../../parts/TextField.js";
import { useLongList, type LeftList } from "../../useLongList.js";
import { useVirtualRows } from "../../virtualRows.js";
import { words as shared } from "../../words.js";
import { filterOf, queryOf, sorts, states, type Filter } from "./filter.js";
import { FirstRun } from "./FirstRun.js";
import { JobRow, LoadingRow } from "./JobRow.js";
import { words } from "./words.js";

const ImportDialog = lazy(async () => (await import("./ImportDialog.js")).ImportDialog);

type Job = Schemas["JobListItem"];

/** Heights of a row in pixels, as jobs.css sets them. */
const rowHeight = { wide: 64, narrow: 132 };
const narrow = matchMedia("(max-width: 719px)");
/** How long the search waits for the next key, in milliseconds. */
const typingPause = 150;

/** The list that was left last, for the way back from a job. */
let left: LeftList<Job> | undefined;

/** The jobs that match the filter, in its order. */
function jobsOf(filter: Filter): ListSource<Job> {
  return {
    read: async (cursor) => {
      const found = await client()
        .jobs.list({ query: { ...queryOf(filter), include: "distribution", limit: pageSize, count: true, ...(cursor !== undefined && { cursor }) } })
        .withResponse();
      return { ...toPage(found), total: Number(found.response.headers.get("X-Total-Count")) };
    },
    skip: async (cursor, count) => nextCursor(await head("/api/jobs", { ...queryOf(filter), limit: String(count), ...(cursor !== undefined && { cursor }) })),
  };
}

/** The list of jobs: search, filters, and the way to new ones. */
export function JobsPage() {
  // The router knows whether the page was reached by a link; its types leave that out.
  const { query, route, wasPush } = useLocation() as ReturnType<typeof useLocation> & { wasPush: boolean };
  const filter = filterOf(query);
  const importing = useSignal<"closed" | "open" | File>("closed");
  const isDropping = useSignal(false);
  const problem = useSignal<unknown>(undefined);
  const isNarrow = useSignal(narrow.matches);
  const table = useRef<HTMLTableSectionElement>(null);

  const { loaded, show, reload } = useLongList(JSON.stringify(queryOf(filter)), jobsOf(filter), wasPush ? undefined : left, (list) => (left = list));
  const jobs = loaded.name === "loaded" ? loaded.value : undefined;
  const count = jobs?.length ?? 0;
  const rows = useVirtualRows(table, count, isNarrow.value ? rowHeight.narrow : rowHeight.wide);
  const [first, last] = [rows.indexes[0] ?? 0, rows.indexes.at(-1) ?? 0];
  useEffect(() => show(first, last), [first, last, loaded]);
  useEffect(() => {
    const measure = () => (isNarrow.value = narrow.matches);
    narrow.addEventListener("change", measure);
    return () => narrow.removeEventListener("change", measure);
  }, []);

  const setFilter = (change: Partial<Filter>) => {
    const params = new URLSearchParams();
    const { q, state, sort } = { ...filter, ...change };
    if (q !== "") params.set("q", q);
    if (state !== "open") params.set("state", state);
    if (sort !== "created") params.set("sort", sort);
    route(`/${params.size > 0 ? `?${params}` : ""}`, true);
  };
  const exportJobs = async () => {
    try {
      await downloadCSV("/api/jobs", queryOf(filter), words.exportFile);
      problem.value = undefined;
    } catch (error) {
      problem.value = error;
    }
  };

  const isFiltered = filter.q !== "" || filter.state !== "open";
  const isFirstRun = count === 0 && !isFiltered;
  return (
    <section
      class="jobs"
      onDragOver={(event) => {
        if (!mayWrite() || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        isDropping.value = true;
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) isDropping.value = false;
      }}
      onDrop={(event) => {
        isDropping.value = false;
        const file = event.dataTransfer?.files[0];
        if (!file || !mayWrite()) return;
        event.preventDefault();
        importing.value = file;
      }}
    >
      <header class="page-head">
        <h1>{words.title}</h1>
        <p class="page-count" role="status">
          {jobs && words.counted(formatNumber(jobs.total))}
        </p>
        <div class="page-actions">
          <button type="button" onClick={() => void exportJobs()}>
            <Icon node={Download} /> {words.exportJobs}
          </button>
          {mayWrite() && (
            <>
              <button type="button" onClick={() => (importing.value = "open")}>
                <Icon node={FileUp} /> {words.importJobs}
              </button>
              <a class="button primary" href="/jobs/new">
                <Icon node={Plus} /> {words.newJob}
              </a>
            </>
          )}
        </div>
      </header>
      <Filters filter={filter} onChange={setFilter} />
      {problem.value !== undefined && <Failure error={problem.value} />}
      {loaded.name === "loading" && <p class="loading">{shared.loading}</p>}
      {loaded.name === "failed" && <Failure error={loaded.error} retry={() => void reload()} />}
      {jobs && isFirstRun && <FirstRun onImport={() => (importing.value = "open")} />}
      {jobs && count === 0 && !isFirstRun && (
        <div class="empty">
          <h2>{words.noneMatch}</h2>
          <p>{words.noneMatchHint}</p>
          <a class="button" href="/?state=all">
            {words.showAll}
          </a>
        </div>
      )}
      {jobs && count > 0 && (
        <table class="job-table" aria-rowcount={count + 1}>
          <thead>
            <tr>
              <th scope="col">{words.job}</th>
              <th scope="col">{words.progress}</th>
              <th scope="col">{words.due}</th>
              <th scope="col">{words.bottleneck}</th>
              {mayWrite() && (
                <th scope="col">
                  <span class="visually-hidden">{words.actions}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody ref={table}>
            <tr class="spacer" aria-hidden="true" style={{ height: `${rows.before}px` }} />
            {rows.indexes.map((index) => {
              const job = jobs.at(index);
              if (!job) return <LoadingRow key={index} place={index} />;
              return <JobRow key={job.id} job={job} place={index} actions={mayWrite() && <DuplicateLink job={job} />} />;
            })}
            <tr class="spacer" aria-hidden="true" style={{ height: `${rows.after}px` }} />
          </tbody>
        </table>
      )}
      {isDropping.value && (
        <p class="drop-hint" aria-hidden="true">
          <Icon node={FileUp} /> {words.dropHere}
        </p>
      )}
      {importing.value !== "closed" && (
        <ImportDialog
          file={importing.value === "open" ? undefined : importing.value}
          onClose={() => {
            importing.value = "closed";
            void reload();
          }}
        />
      )}
    </section>
  );
}

/** The search field and the filters. They are in the address, so that a list can be sent to a colleague. */
function Filters({ filter, onChange }: { filter: Filter; onChange: (change: Partial<Filter>) => void }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const typed = useSignal(filter.q);
  useEffect(() => {
    if (timer.current === undefined) typed.value = filter.q;
  }, [filter.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="field search">
        <span>{words.search}</span>
        <input
          type="search"
          placeholder={words.searchHint}
          value={typed.value}
          data-search
          onInput={(event) => {
            const q = event.currentTarget.value;
            typed.value = q;
            clearTimeout(timer.current);
            timer.current = setTimeout(() => {
              timer.current = undefined;
              onChange({ q });
            }, typingPause);
          }}
        />
      </label>
      <Choice label={words.state} value={filter.state} options={states.map((state) => [state, words.states[state]])} onChange={(state) => onChange({ state })} />
      <Choice label={words.sort} value={filter.sort} options={sorts.map((sort) => [sort, words.sorts[sort]])} onChange={(sort) => onChange({ sort })} />
    </form>
  );
}

function DuplicateLink({ job }: { job: Schemas["Job"] }) {
  return (
    <a class="icon-button" href={`/jobs/new?from=${encodeURIComponent(job.id)}`} aria-label={words.duplicate(job.name)} title={words.duplicate(job.name)}>
      <Icon node={Copy} />
    </a>
  );
}
