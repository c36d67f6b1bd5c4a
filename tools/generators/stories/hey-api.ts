// The story of one job, told with the client of @hey-api/openapi-ts.
import { advanceSerial, closeJob, createJob, createPath, createSerials, getJob, listEvents, scrapSerial, updateJob } from "../generated/hey-api";
import { client } from "../generated/hey-api/client.gen";
import type { Error as ApiError, Event } from "../generated/hey-api";

async function main(baseUrl: string) {
  client.setConfig({ baseUrl });

  const job = must(await createJob({ body: { name: "JOB-2024-001", goalQuantity: 50 } }));
  console.log(`${job.name}: ${job.goalQuantity} units`);

  const steps = ["Saw", "CNC Machining", "Deburring", "Inspection"].map((name) => ({ name }));
  const path = must(await createPath({ body: { jobId: job.id, name: "Main Route", goalQuantity: 50, steps } }));
  console.log(`${path.name}: ${path.steps.map((step) => step.name).join(", ")}`);

  const [first, second] = must(await createSerials({ body: { pathId: path.id, quantity: 2 } }));
  if (!first || !second) throw new Error("two units were asked for");
  console.log(`units: ${first.id}, ${second.id}`);

  const moved = must(await advanceSerial({ path: { serialId: first.id }, body: { fromStepIndex: 0, userId: "maria" } }));
  console.log(`${moved.id} is at ${moved.currentStepName}`);

  const events = must(await listEvents({ query: { serialId: first.id } }));
  if (typeof events === "string") throw new Error("CSV was not asked for");
  for (const event of events) console.log(`${event.type}: ${told(event)}`);

  const read = await getJob({ path: { jobId: job.id } });
  const update = {
    path: { jobId: job.id },
    headers: { "If-Match": read.response?.headers.get("ETag") ?? "" },
    body: { goalQuantity: 60 },
  };
  console.log(`goal: ${must(await updateJob(update)).goalQuantity}`);
  console.log(refusal(await updateJob(update)));
  console.log(refusal(await advanceSerial({ path: { serialId: first.id }, body: { fromStepIndex: 0 } })));

  const scrapped = must(await scrapSerial({ path: { serialId: second.id }, body: { reason: "damaged" } }));
  console.log(`${scrapped.id}: ${scrapped.status}, ${scrapped.scrapReason}`);

  const closed = must(await closeJob({ path: { jobId: job.id }, body: { reason: "Shipped" } }));
  console.log(`closed: ${closed.closedAt !== undefined}, ${closed.closeReason}`);
}

// told shows that the type of an event says what its data is.
function told(event: Event): string {
  switch (event.type) {
    case "serial.created":
      return event.data.stepName;
    case "serial.advanced":
      return `${event.data.fromStepName} to ${event.data.toStepName}`;
    default:
      throw new Error(`unexpected event ${event.type}`);
  }
}

type Answer<T> = { data: T | undefined; error: ApiError | undefined };

function must<T>({ data, error }: Answer<T>): T {
  if (data === undefined) throw new Error(error?.message);
  return data;
}

function refusal({ error }: Answer<unknown>): string {
  if (!error) throw new Error("the request was not refused");
  return `${error.statusCode}: ${error.message}`;
}

void main(process.argv[2] ?? "");
