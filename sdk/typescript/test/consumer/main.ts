import { createClient, type Schemas } from "@routecard/client";

declare const process: { argv: string[] };

const client = createClient({ baseUrl: process.argv[2] ?? "" });
const order: Schemas["JobCreate"] = { name: "JOB-2024-001", goalQuantity: 50 };

const job = await client.jobs.create(order);
console.log("created", job.name);

for await (const listed of client.all("/api/jobs", { params: { query: { q: "job-2024" } } })) {
  console.log("listed", listed.name);
}

for await (const event of client.events({ jobId: job.id })) {
  console.log("happened", event.type satisfies string);
  break;
}

// What the compiler knows of an event by its type.
export function dataOf(event: Schemas["Event"]) {
  switch (event.type) {
    case "job.created":
      event.data.goalQuantity satisfies number;
      break;
    case "serial.scrapped":
      event.data.reason satisfies Schemas["ScrapReason"];
      event.data.explanation satisfies string | undefined;
      // @ts-expect-error a field of another event
      event.data.goalQuantity satisfies number;
      break;
  }
}

// What the compiler must refuse.
export async function mistakes() {
  // @ts-expect-error a path that does not exist
  await client.GET("/api/job");
  // @ts-expect-error a field that does not exist
  await client.POST("/api/jobs", { body: { name: "x", goalQuantity: 1, colour: "red" } });
  // @ts-expect-error a field that is missing
  await client.POST("/api/jobs", { body: { name: "x" } });
  // @ts-expect-error a parameter that is missing
  await client.GET("/api/jobs/{jobId}");
  // @ts-expect-error no list
  client.all("/api/jobs/{jobId}", { params: { path: { jobId: job.id } } });
  // @ts-expect-error a field that does not exist
  await client.jobs.create({ name: "x", goalQuantity: 1, colour: "red" });
  // @ts-expect-error a query parameter that does not exist
  await client.jobs.list({ query: { colour: "red" } });
  // @ts-expect-error an argument that is missing
  await client.serials.scrap("SN-00001");
  const { data: gone } = await client.DELETE("/api/jobs/{jobId}", { params: { path: { jobId: job.id } } });
  gone satisfies undefined;
}
