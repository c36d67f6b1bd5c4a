import type { RoutecardClient } from "../../../../sdk/typescript/src/index.js";
import type { Schemas } from "../../api.js";
import { byUrgency, dateOf, isDone, type OpenJob } from "./urgency.js";

type Place = Schemas["Place"];

/** What the wall shows at one moment. */
export interface Board {
  readonly loadedAt: Date;
  readonly today: string;
  /** The most urgent open jobs that have not reached their goals, the most urgent first. */
  readonly jobs: readonly OpenJob[];
  /** How many jobs are open, if not all of them were read. */
  readonly allJobs: number | undefined;
  readonly lateJobs: number;
  /** The step names with the units that wait there, the most units first. */
  readonly steps: readonly Place[];
  readonly inProgress: number;
  readonly completedToday: number;
  readonly scrappedToday: number;
}

/** How many jobs are read of each order. A wall shows fewer. */
const maxJobs = 60;

/** Reads what the wall shows. */
export async function loadBoard(client: RoutecardClient, now: Date): Promise<Board> {
  const today = dateOf(now);
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const open = (sort: "due" | "priority") =>
    client.GET("/api/jobs", { params: { query: { state: "open", sort, include: "distribution", limit: maxJobs, count: true } } });
  const [byDue, byPriority, late, places, throughput] = await Promise.all([
    open("due"),
    open("priority"),
    client.GET("/api/jobs", { params: { query: { state: "late", limit: 1, count: true } } }),
    client.GET("/api/places"),
    client.GET("/api/insights/throughput", {
      params: { query: { bucket: "day", from: midnight.toISOString(), tz: Intl.DateTimeFormat().resolvedOptions().timeZone } },
    }),
  ]);
  const total = (response: Response) => Number(response.headers.get("X-Total-Count") ?? 0);
  const steps = places.data.stepNames.filter(({ waiting }) => waiting > 0).sort((a, b) => b.waiting - a.waiting);
  const bucket = throughput.data.buckets.at(-1);
  return {
    loadedAt: now,
    today,
    jobs: byUrgency([...byDue.data, ...byPriority.data]).filter((job) => !isDone(job)),
    allJobs: byDue.data.length < maxJobs ? undefined : total(byDue.response),
    lateJobs: total(late.response),
    steps,
    inProgress: steps.reduce((sum, { waiting }) => sum + waiting, 0),
    completedToday: bucket?.completed ?? 0,
    scrappedToday: bucket?.scrapped ?? 0,
  };
}
