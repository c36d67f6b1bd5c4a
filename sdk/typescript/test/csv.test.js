import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient, RoutecardError } from "@routecard/client";

import { startRoutecard } from "./routecard.js";

test("lists as CSV, and an import of the exported file", async (t) => {
  const client = createClient({ baseUrl: await startRoutecard(t) });
  const job = await client.jobs.create({ name: "=JOB-2024-001", goalQuantity: 50, externalId: "ERP-4711" });
  const jobs = await client.csv("/api/jobs", { params: { query: { q: "2024" } } });
  const [header, row, ...more] = (await jobs.text()).split("\r\n");
  assert.match(header ?? "", /^id,name,goalQuantity,/);
  assert.match(row ?? "", new RegExp(`^${job.id},'=JOB-2024-001,50,`));
  assert.deepEqual(more, [""]);

  const report = await client.jobs.import(jobs, { query: { onDuplicate: "skip" } });
  assert.deepEqual([report.created, report.skipped, report.failed], [0, 1, 0]);
  const renamed = new Blob([(await jobs.text()).replace("ERP-4711", "ERP-4712")], { type: "text/csv" });
  assert.equal((await client.jobs.import(renamed)).created, 1);
  assert.deepEqual((await client.jobs.list()).map(({ name, externalId }) => [name, externalId]), [
    ["=JOB-2024-001", "ERP-4712"],
    ["=JOB-2024-001", "ERP-4711"],
  ]);

  assert.match(await (await client.csv("/api/serials")).text(), /^id,jobId,pathId,status/);
  assert.match(await (await client.csv("/api/events", { params: { query: { limit: 1 } } })).text(), /\r\n1,evt_.*,job\.created,/);
  await assert.rejects(client.csv("/api/jobs", { params: { query: { limit: 0 } } }), (error) => error instanceof RoutecardError && error.statusCode === 400);
});
