// The story of one job, told with the types of openapi-typescript (default flags) and its client openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "../generated/openapi-typescript";

async function main(baseUrl: string) {
  const client = createClient<paths>({ baseUrl });

  const job = must(await client.POST("/api/jobs", { body: { name: "JOB-2024-001", goalQuantity: 50 } }));
  console.log(`${job.name}: ${job.goalQuantity} units`);

  const steps = ["Saw", "CNC Machining", "Deburring", "Inspection"].map((name) => ({ name }));
  const path = must(await client.POST("/api/paths", { body: { jobId: job.id, name: "Main Route", goalQuantity: 50, steps } }));
  console.log(`${path.name}: ${path.steps.map((step) => step.name).join(", ")}`);

  const [first, second] = must(await client.POST("/api/serials", { body: { pathId: path.id, quantity: 2 } }));
  if (!first || !second) throw new Error("two units were asked for");
  console.log(`units: ${first.id}, ${second.id}`);

  const toFirst = { path: { serialId: first.id } };
  const moved = must(await client.POST("/api/serials/{serialId}/advance", { params: toFirst, body: { fromStepIndex: 0, userId: "maria" } }));
  console.log(`${moved.id} is at ${moved.currentStepName}`);

  const events = must(await client.GET("/api/events", { params: { query: { serialId: first.id } } }));
  if (typeof events === "string") throw new Error("CSV was not asked for");
  for (const event of events) console.log(`${event.type}: ${told(event)}`);

  const read = await client.GET("/api/jobs/{jobId}", { params: { path: { jobId: job.id } } });
  const update = {
    params: { path: { jobId: job.id }, header: { "If-Match": read.response.headers.get("ETag") ?? "" } },
    body: { goalQuantity: 60 },
  };
  console.log(`goal: ${must(await client.PUT("/api/jobs/{jobId}", update)).goalQuantity}`);
  console.log(refusal(await client.PUT("/api/jobs/{jobId}", update)));
  console.log(refusal(await client.POST("/api/serials/{serialId}/advance", { params: toFirst, body: { fromStepIndex: 0 } })));

  const scrapped = must(await client.POST("/api/serials/{serialId}/scrap", { params: { path: { serialId: second.id } }, body: { reason: "damaged" } }));
  console.log(`${scrapped.id}: ${scrapped.status}, ${scrapped.scrapReason}`);

  const closed = must(await client.POST("/api/jobs/{jobId}/close", { params: { path: { jobId: job.id } }, body: { reason: "Shipped" } }));
  console.log(`closed: ${closed.closedAt !== undefined}, ${closed.closeReason}`);
}

// told shows that the type of an event says what its data is.
function told(event: components["schemas"]["Event"]): string {
  switch (event.type) {
    case "serial.created":
      return event.data.stepName;
    case "serial.advanced":
      return `${event.data.fromStepName} to ${event.data.toStepName}`;
    default:
      throw new Error(`unexpected event ${event.type}`);
  }
}

type Answer<T> = { data?: T; error?: components["schemas"]["Error"]; response: Response };

function must<T>({ data, error, response }: Answer<T>): T {
  if (data === undefined) throw new Error(`${response.status} ${error?.message}`);
  return data;
}

function refusal({ error }: Answer<unknown>): string {
  if (!error) throw new Error("the request was not refused");
  return `${error.statusCode}: ${error.message}`;
}

void main(process.argv[2] ?? "");
