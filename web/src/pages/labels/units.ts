import type { RoutecardClient } from "../../../../sdk/typescript/src/index.js";
import type { Schemas } from "../../api.js";

type Path = Schemas["Path"];
type Job = Schemas["JobDetail"];

/** What is printed of a unit. */
export interface PrintedUnit {
  readonly serialId: string;
  readonly jobName: string;
  readonly partNumber?: string | undefined;
  readonly dueDate?: string | undefined;
  readonly path?: Path | undefined;
}

/** The units of one print, and whether there are more after them. */
export interface Batch {
  readonly units: readonly PrintedUnit[];
  readonly hasMore: boolean;
}

/** How many units are printed at once. More would make the browser slow. */
export const batchSize = 300;

/** Returns units of a job in the order of their creation, from the one with the given number on, counted from 1. */
export async function unitsOfJob(client: RoutecardClient, jobId: string, first: number, all: boolean): Promise<Batch> {
  const { data: job } = await client.GET("/api/jobs/{jobId}", { params: { path: { jobId } } });
  const serials: { id: string; pathId: string }[] = [];
  const query = all ? { jobId } : { jobId, status: "in_progress" as const };
  for await (const page of client.pages("/api/serials", { params: { query: { ...query, limit: 1000 } } })) serials.push(...page);
  // The list begins with the newest unit.
  serials.reverse();
  const wanted = serials.slice(first - 1, first - 1 + batchSize);
  return {
    units: wanted.map(({ id, pathId }) => printed(id, job, pathId)),
    hasMore: serials.length > first - 1 + batchSize,
  };
}

/** Returns the units with the given serial numbers, in their order. Throws the server's error for one that does not exist. */
export async function unitsBySerial(client: RoutecardClient, serialIds: readonly string[], first: number): Promise<Batch> {
  const jobs = new Map<string, Promise<Job>>();
  const load = async (serialId: string): Promise<PrintedUnit> => {
    const { data: unit } = await client.GET("/api/serials/{serialId}", { params: { path: { serialId } } });
    const { jobId } = unit;
    let job = jobs.get(jobId);
    if (!job) {
      job = client.GET("/api/jobs/{jobId}", { params: { path: { jobId } } }).then(({ data }) => data);
      jobs.set(jobId, job);
    }
    return printed(unit.id, await job, unit.pathId);
  };
  const units: PrintedUnit[] = [];
  const wanted = serialIds.slice(first - 1, first - 1 + batchSize);
  for (const serialId of wanted) units.push(await load(serialId));
  return { units, hasMore: serialIds.length > first - 1 + batchSize };
}

function printed(serialId: string, job: Job, pathId: string): PrintedUnit {
  return {
    serialId,
    jobName: job.name,
    partNumber: job.jiraPartNumber,
    dueDate: job.dueDate,
    path: job.paths.find((path) => path.id === pathId),
  };
}
