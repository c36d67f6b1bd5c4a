import type { Schemas } from "../../api.js";

export type OpenJob = Schemas["JobListItem"];

const ranks = { urgent: 0, high: 1, normal: 2, low: 3 };

/**
 * Sorts jobs as the list of work does: by priority, then by due date, jobs without one last, then the oldest. Jobs that occur twice
 * are kept once.
 */
export function byUrgency(jobs: readonly OpenJob[]): OpenJob[] {
  const unique = new Map(jobs.map((job) => [job.id, job]));
  const key = (job: OpenJob) => `${ranks[job.priority ?? "normal"]} ${job.dueDate ?? "9999-99-99"} ${job.id}`;
  return [...unique.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** How a job stands against its due date. `today` is a date such as 2026-12-01. */
export type Timing = "late" | "today" | "soon" | "later" | "none";

/** How many days before its due date a job that is not done is `soon`. */
const soonDays = 2;

export function timingOf(job: OpenJob, today: string): Timing {
  if (job.dueDate === undefined) return "none";
  if (isDone(job)) return "later";
  if (job.dueDate < today) return "late";
  if (job.dueDate === today) return "today";
  const days = (Date.parse(job.dueDate) - Date.parse(today)) / 86_400_000;
  return days <= soonDays ? "soon" : "later";
}

/** Reports whether a job has reached its goal. */
export function isDone(job: OpenJob): boolean {
  return (job.progress?.totalCompleted ?? 0) >= job.goalQuantity;
}

/** A step of a job at which units stand, over all its paths with a step of that name. */
export interface StepCount {
  readonly name: string;
  readonly count: number;
  readonly isBottleneck: boolean;
}

/** Returns the steps of a job at which units stand, in the order of its paths. */
export function stepCounts(job: OpenJob): StepCount[] {
  const counts = new Map<string, StepCount>();
  for (const path of job.progress?.pathProgress ?? []) {
    for (const { stepName, partCount, isBottleneck } of path.distribution ?? []) {
      const before = counts.get(stepName);
      counts.set(stepName, {
        name: stepName,
        count: (before?.count ?? 0) + partCount,
        isBottleneck: isBottleneck || (before?.isBottleneck ?? false),
      });
    }
  }
  return [...counts.values()].filter(({ count }) => count > 0);
}

/** Returns the date of a moment in the time zone of this device, such as 2026-12-01. */
export function dateOf(moment: Date): string {
  const month = `${moment.getMonth() + 1}`.padStart(2, "0");
  return `${moment.getFullYear()}-${month}-${`${moment.getDate()}`.padStart(2, "0")}`;
}
