import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createClient, isChanged, isConflict, RoutecardConnectionError, version } from "@routecard/client";

import { startRoutecard } from "./routecard.js";
import { answers, cuts, startScript } from "./script.js";

const contract = JSON.parse(readFileSync(new URL("../../../gen/openapi.json", import.meta.url), "utf8"));

test("there is a method for each operation", () => {
  const client = createClient({ baseUrl: "" });
  const methods = Object.entries(client).filter(([name]) => !["GET", "POST", "PUT", "PATCH", "DELETE", "use", "csv", "pages", "all"].includes(name));
  const operations = Object.entries(contract.paths)
    .filter(([path]) => path.startsWith("/api/"))
    .flatMap(([, item]) => Object.values(item).filter((operation) => operation.operationId));
  assert.equal(methods.flatMap(([, group]) => Object.keys(group)).length, operations.length);
});

test("methods take ids, bodies, and options, and return what the server answers", async (t) => {
  const client = createClient({ baseUrl: await startRoutecard(t) });
  const { data: job, response } = await client.jobs.create({ name: "JOB-2024-001", goalQuantity: 50 }, { idempotencyKey: "order-4711" }).withResponse();
  assert.equal(response.status, 201);
  assert.deepEqual(await client.jobs.create({ name: "JOB-2024-001", goalQuantity: 50 }, { idempotencyKey: "order-4711" }), job);
  assert.equal((await client.jobs.list({ query: { q: "job-2024" } })).length, 1);

  const ifMatch = response.headers.get("ETag") ?? "";
  assert.equal((await client.jobs.update(job.id, { goalQuantity: 60 }, { ifMatch })).goalQuantity, 60);
  await assert.rejects(client.jobs.update(job.id, { goalQuantity: 70 }, { ifMatch }), isChanged);

  const path = await client.paths.create({ jobId: job.id, name: "Main Route", goalQuantity: 50, steps: [{ name: "Saw" }, { name: "Inspection" }] });
  const [unit] = await client.serials.create({ pathId: path.id, quantity: 1 });
  assert.ok(unit);
  assert.equal((await client.serials.advance(unit.id)).currentStepIndex, 1);
  await assert.rejects(client.jobs.delete(job.id), isConflict);
  assert.equal((await client.events.list({ query: { jobId: job.id } })).length, 5);
});

test("an error of withResponse is reported once, and can be handled", async (t) => {
  const { baseUrl } = await startScript(t, answers(404, { error: "Serial number not found: SN-00001" }));
  await assert.rejects(createClient({ baseUrl }).serials.get("SN-00001").withResponse(), { statusCode: 404 });
  // Node.js reports an unhandled error before the next timer, and fails the test.
  await new Promise((resolve) => setTimeout(resolve));
});

test("a request names the client and its version", async (t) => {
  const { baseUrl, seen } = await startScript(t, answers(200, []));
  await createClient({ baseUrl }).jobs.list();
  assert.equal(seen[0]?.headers["user-agent"], `routecard-typescript/${version}`);
});

test("an error without a response says how often the request was sent", async (t) => {
  const { baseUrl } = await startScript(t, cuts);
  const client = createClient({ baseUrl, retry: { attempts: 3, base: 1 } });
  await assert.rejects(client.jobs.list(), (error) => error instanceof RoutecardConnectionError && error.attempts === 3);
});

test("a call ends after its timeout, or else after the client's", async (t) => {
  const { baseUrl } = await startScript(t, () => {});
  const isTimeout = (/** @type {unknown} */ error) => error instanceof DOMException && error.name === "TimeoutError";
  await assert.rejects(createClient({ baseUrl, timeout: 50 }).jobs.list(), isTimeout);
  await assert.rejects(createClient({ baseUrl }).jobs.list({ timeout: 50 }), isTimeout);
});
