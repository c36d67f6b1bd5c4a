import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Board } from "./load.js";
import { stepCounts, timingOf, type OpenJob } from "./urgency.js";
import { words } from "./words.js";

const number = new Intl.NumberFormat();
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
/** A day of another year. */
const farDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** How long the wall shows one page of jobs, in milliseconds. */
const pageTime = 12_000;

/** The height of a row in pixels, if there is none yet to measure. */
const guessedRow = 72;

/** The open jobs, the most urgent first. Those that do not fit on the screen are shown page by page. */
export function JobTable({ board }: { board: Board }) {
  const page = useSignal(0);
  const perPage = useSignal(8);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => {
      if (getComputedStyle(element).overflow === "visible") {
        perPage.value = Number.POSITIVE_INFINITY; // a phone scrolls
        return;
      }
      const head = element.querySelector("thead")?.offsetHeight ?? 0;
      const row = element.querySelector<HTMLElement>("tbody tr")?.offsetHeight ?? guessedRow;
      perPage.value = Math.max(3, Math.floor((element.clientHeight - head) / Math.max(row, 1)));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);

  const pages = Math.max(1, Math.ceil(board.jobs.length / perPage.value));
  useEffect(() => {
    if (pages === 1) return undefined;
    const timer = setInterval(() => (page.value = page.value + 1), pageTime);
    return () => clearInterval(timer);
  }, [pages]);

  const current = page.value % pages;
  const first = current === 0 ? 0 : current * perPage.value;
  const rows = board.jobs.slice(first, first + perPage.value);
  return (
    <section class="board-jobs" aria-label={words.jobs}>
      <div class="board-fit" ref={box}>
        {board.jobs.length === 0 ? (
          <div class="board-note">
            <p>{words.noJobs}</p>
            <p>{words.noJobsHint}</p>
          </div>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">{words.job}</th>
                <th scope="col">{words.due}</th>
                <th scope="col">{words.done}</th>
                <th scope="col">{words.steps}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((job) => (
                <Row key={job.id} job={job} today={board.today} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      <p class="board-pages">
        {board.allJobs !== undefined && <span>{words.shown(board.jobs.length, board.allJobs)}</span>}
        {pages > 1 && <span>{words.page(current + 1, pages)}</span>}
      </p>
    </section>
  );
}

function formatDue(date: string, today: string): string {
  const isThisYear = date.slice(0, 4) === today.slice(0, 4);
  return (isThisYear ? day : farDay).format(new Date(date));
}

function Row({ job, today }: { job: OpenJob; today: string }) {
  const timing = timingOf(job, today);
  const steps = stepCounts(job);
  const done = job.progress?.totalCompleted ?? 0;
  const priority = words.priority[job.priority ?? "normal"];
  return (
    <tr>
      <th scope="row">
        <a href={`/jobs/${job.id}`}>{job.name}</a>
        {priority !== "" && <span class={`board-tag board-tag-${job.priority}`}>{priority}</span>}
      </th>
      <td class="board-due">
        {job.dueDate === undefined ? words.noDueDate : formatDue(job.dueDate, today)}
        {words.timing[timing] !== "" && <span class={`board-tag board-tag-${timing}`}>{words.timing[timing]}</span>}
      </td>
      <td class="board-done">
        <progress aria-label={words.done} max={job.goalQuantity} value={Math.min(done, job.goalQuantity)} />
        <span>{words.doneOf(done, job.goalQuantity)}</span>
      </td>
      <td>
        <ul class="board-counts">
          {steps.length === 0 && <li class="board-quiet">{words.notStarted}</li>}
          {steps.map(({ name, count, isBottleneck }) => (
            <li key={name} class={isBottleneck ? "board-bottleneck" : undefined}>
              {name} <strong>{number.format(count)}</strong>
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}
