import type { Schemas } from "../../api.js";

type Bucket = Schemas["Throughput"]["buckets"][number];

/** A moment of the plot, and what is known of it. */
export interface BurnUpPoint {
  readonly at: Date;
  /** The units that were completed by then. Absent in the future. */
  readonly completed?: number;
  /** The units that must be completed by then to reach the goal on the due date. Absent without a due date, and after it. */
  readonly needed?: number;
}

/**
 * Returns how many units were completed at the end of each bucket, and at its beginning for the first one. It counts back from the
 * units that are completed now, so the last bucket must reach to the present. The end of the due date is a point of its own.
 */
export function burnUpPoints(buckets: readonly Bucket[], job: Pick<Schemas["JobDetail"], "createdAt" | "dueDate" | "goalQuantity">, completedNow: number, now: Date): BurnUpPoint[] {
  const start = new Date(job.createdAt);
  const due = job.dueDate === undefined ? undefined : endOfDay(job.dueDate);
  const neededAt = (at: Date) => {
    if (!due || at < start || at > due) return {};
    return { needed: Math.round((job.goalQuantity * (at.getTime() - start.getTime())) / (due.getTime() - start.getTime())) };
  };
  const points: BurnUpPoint[] = [];
  let completed = completedNow;
  for (const bucket of buckets.toReversed()) {
    const end = new Date(bucket.to);
    const at = end > now ? now : end;
    points.unshift({ at, completed, ...neededAt(at) });
    completed -= bucket.completed;
  }
  const [first] = buckets;
  if (first) {
    const from = new Date(first.from);
    const at = from < start ? start : from;
    points.unshift({ at, completed, ...neededAt(at) });
  }
  if (due && first && due > start) {
    const place = points.findIndex(({ at }) => at >= due);
    if (points[place]?.at.getTime() !== due.getTime()) points.splice(place === -1 ? points.length : place, 0, { at: due, ...neededAt(due) });
  }
  return points;
}

/** Returns the end of a date of the API in the time zone of the browser. */
function endOfDay(date: string): Date {
  const end = new Date(`${date}T00:00:00`);
  end.setDate(end.getDate() + 1);
  return end;
}
