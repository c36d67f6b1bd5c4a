import { useSignal } from "@preact/signals";
import { Copy, Download, FileUp, Plus } from "lucide";
import { useLocation } from "preact-iso/router";
import { useEffect, useRef } from "preact/hooks";

import { client, mayWrite, type Schemas } from "../../api.js";
import { downloadCSV } from "../../download.js";
import { formatNumber } from "../../format.js";
import { toPage, usePagedList } from "../../pagedList.js";
import { Failure } from "../../parts/Failure.js";
import { Icon } from "../../parts/Icon.js";
import { lazy } from "../../parts/lazy.js";
import { useVirtualRows } from "../../virtualRows.js";
import { Choice } from "../../parts/TextField.js";
import { words as shared } from "../../words.js";
import { filterOf, queryOf, sorts, states, type Filter } from "./filter.js";
import { FirstRun } from "./FirstRun.js";
import { JobRow } from "./JobRow.js";
import { words } from "./words.js";

const ImportDialog = lazy(async () => (await import("./ImportDialog.js")).ImportDialog);

const pageSize = 100;
/** Heights of a row in pixels, as jobs.css sets them. */
const rowHeight = { wide: 64, narrow: 132 };
const narrow = matchMedia("(max-width: 719px)");
/** How long the search waits for the next key, in milliseconds. */
const typingPause = 150;

/** The list of jobs: search, filters, and the way to new ones. */
export function JobsPage() {
  const { query, route } = useLocation();
  const filter = filterOf(query);
  const importing = useSignal<"closed" | "open" | File>("closed");
  const isDropping = useSignal(false);
  const total = useSignal<number | undefined>(undefined);
  const problem = useSignal<unknown>(undefined);
  const isNarrow = useSignal(narrow.matches);
  const table = useRef<HTMLTableSectionElement>(null);

  const { list, reach, reload } = usePagedList(
    async (cursor) => {
      const found = await client()
        .jobs.list({
          query: { ...queryOf(filter), include: "distribution", limit: pageSize, ...(cursor === undefined ? { count: true } : { cursor }) },
        })
        .withResponse();
      const count = found.response.headers.get("X-Total-Count");
      if (count !== null) total.value = Number(count);
      return toPage(found);
    },
    [filter.q, filter.state, filter.sort],
  );
  const jobs = list.name === "loaded" ? list.value.items : [];
  const rows = useVirtualRows(table, jobs.length, isNarrow.value ? rowHeight.narrow : rowHeight.wide);
  useEffect(() => reach(rows.reached), [rows.reached, jobs.length]);
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
  const isFirstRun = list.name === "loaded" && jobs.length === 0 && !isFiltered && total.value === 0;
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
          {list.name === "loaded" && total.value !== undefined && words.counted(formatNumber(total.value))}
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
      {list.name === "loading" && <p class="loading">{shared.loading}</p>}
      {list.name === "failed" && <Failure error={list.error} retry={() => void reload()} />}
      {isFirstRun && <FirstRun onImport={() => (importing.value = "open")} />}
      {list.name === "loaded" && jobs.length === 0 && !isFirstRun && (
        <div class="empty">
          <h2>{words.noneMatch}</h2>
          <p>{words.noneMatchHint}</p>
          <a class="button" href="/?state=all">
            {words.showAll}
          </a>
        </div>
      )}
      {jobs.length > 0 && (
        <table class="job-table" aria-rowcount={(total.value ?? jobs.length) + 1}>
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
              const job = jobs[index];
              return job && <JobRow key={job.id} job={job} place={index} actions={mayWrite() && <DuplicateLink job={job} />} />;
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
