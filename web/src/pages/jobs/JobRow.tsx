import { CalendarClock, TriangleAlert } from "lucide";
import type { ComponentChildren } from "preact";

import type { Schemas } from "../../api.js";
import { formatDate, formatNumber, toDate } from "../../format.js";
import { Icon } from "../../parts/Icon.js";
import { PriorityTag } from "../../parts/PriorityTag.js";
import { ProgressBar } from "../../parts/ProgressBar.js";
import { words as shared } from "../../words.js";
import { words } from "./words.js";

/** Returns the step at which most units of the job wait, or undefined if nothing waits. */
export function bottleneckOf(progress: Schemas["JobProgress"]): Schemas["StepDistribution"] | undefined {
  return progress.pathProgress
    .flatMap((path) => path.distribution ?? [])
    .filter((step) => step.partCount > 0)
    .reduce<Schemas["StepDistribution"] | undefined>((most, step) => (most && most.partCount >= step.partCount ? most : step), undefined);
}

/** Reports whether an open job has passed its due date before it has reached its goal. */
export function isLate(job: Pick<Schemas["Job"], "dueDate" | "closedAt" | "goalQuantity">, completed: number, today = toDate(new Date())): boolean {
  return job.dueDate !== undefined && job.closedAt === undefined && job.dueDate < today && completed < job.goalQuantity;
}

/** One job of the list. */
export function JobRow({ job, place, actions }: { job: Schemas["JobListItem"]; place: number; actions: ComponentChildren }) {
  const bottleneck = job.progress && bottleneckOf(job.progress);
  const late = isLate(job, job.progress?.totalCompleted ?? 0);
  return (
    <tr class="job-row" aria-rowindex={place + 2}>
      <th scope="row">
        <a href={`/jobs/${encodeURIComponent(job.id)}`}>{job.name}</a>
        <p class="job-sub">
          {job.closedAt !== undefined && <span class="tag">{words.closed}</span>}
          <PriorityTag priority={job.priority} />
          {[job.jiraPartNumber, job.jiraTicketKey, job.externalId].filter((text) => text !== undefined).map((text) => (
            <span key={text}>{text}</span>
          ))}
        </p>
      </th>
      <td>
        {job.progress && (
          <ProgressBar
            done={job.progress.totalCompleted}
            underWay={job.progress.totalInProgress}
            scrapped={job.progress.totalScrapped}
            goal={job.progress.totalGoal}
          />
        )}
      </td>
      <td class="job-due">
        {job.dueDate === undefined ? (
          <span class="muted">{words.noDueDate}</span>
        ) : (
          <span class={late ? "is-bad" : undefined}>
            {late && <Icon node={CalendarClock} />}
            {late && <strong>{words.late}</strong>} {formatDate(job.dueDate)}
          </span>
        )}
      </td>
      <td class="job-bottleneck">
        {bottleneck ? (
          <span>
            <Icon node={TriangleAlert} /> {words.waiting(bottleneck.stepName, formatNumber(bottleneck.partCount))}
          </span>
        ) : (
          <span class="muted">{words.noBottleneck}</span>
        )}
      </td>
      {actions !== false && <td class="job-actions">{actions}</td>}
    </tr>
  );
}

/** A job that is in view before it is loaded. */
export function LoadingRow({ place }: { place: number }) {
  return (
    <tr class="job-row" aria-rowindex={place + 2}>
      <td class="muted" colSpan={5}>
        {shared.loading}
      </td>
    </tr>
  );
}
