import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { createClient, isOutcomeUnknown, RoutecardError } from "../dist/index.js";
import { answers, cuts, cutsHalfway, problem, quick, startScript } from "./script.js";

const job = { id: "job_1", name: "JOB-2024-001", goalQuantity: 50 };

test("a POST is repeated with one key", async (t) => {
  const { baseUrl, seen } = await startScript(
    t,
    cuts,
    cutsHalfway,
    answers(503, problem("busy"), { "Retry-After": "1" }),
    answers(201, job, { ETag: '"1"' }),
  );
  const begun = performance.now();
  const { data, response } = await createClient({ baseUrl, retry: quick }).POST("/api/jobs", {
    body: { name: "JOB-2024-001", goalQuantity: 50 },
  });
  assert.equal(data.id, "job_1");
  assert.equal(response.headers.get("ETag"), '"1"');
  assert.ok(performance.now() - begun >= 990, "it waited less than the server asked for");
  assert.equal(seen.length, 4);
  const keys = new Set(seen.map((request) => request.headers["idempotency-key"]));
  assert.equal(keys.size, 1);
  assert.match([...keys].join(), /^[0-9a-f]{32}$/);
  assert.deepEqual([...new Set(seen.map((request) => request.text))], ['{"name":"JOB-2024-001","goalQuantity":50}']);
});

test("each call has a key of its own unless the caller sets one", async (t) => {
  const { baseUrl, seen } = await startScript(t, answers(201, job));
  const client = createClient({ baseUrl });
  const body = { name: "x", goalQuantity: 1 };
  await client.POST("/api/jobs", { body });
  await client.POST("/api/jobs", { body });
  await client.POST("/api/jobs", { body, params: { header: { "Idempotency-Key": "order-4711" } } });
  const keys = seen.map((request) => request.headers["idempotency-key"]);
  assert.notEqual(keys[0], keys[1]);
  assert.equal(keys[2], "order-4711");
});

test("the requests that are sent again", async (t) => {
  const path = { jobId: "job_1" };
  /** @type {Record<string, (client: import("../dist/index.js").RoutecardClient) => Promise<unknown>>} */
  const calls = {
    GET: (client) => client.GET("/api/jobs/{jobId}", { params: { path } }),
    PUT: (client) => client.PUT("/api/jobs/{jobId}", { params: { path, header: { "If-Match": '"1"' } }, body: {} }),
    PATCH: (client) => client.PATCH("/api/steps/{stepId}", { params: { path: { stepId: "step_1" } }, body: {} }),
    DELETE: (client) => client.DELETE("/api/jobs/{jobId}", { params: { path } }),
    POST: (client) => client.POST("/api/jobs", { body: { name: "x", goalQuantity: 1 } }),
  };
  const always = Object.keys(calls);
  for (const [status, repeated] of /** @type {[number, string[]][]} */ ([
    [400, []],
    [401, []],
    [404, []],
    [409, []],
    [412, []],
    [422, []],
    [500, ["POST"]],
    [429, always],
    [502, always],
    [503, always],
    [504, always],
  ])) {
    for (const [method, call] of Object.entries(calls)) {
      const { baseUrl, seen } = await startScript(t, answers(status, problem("no")));
      const attempts = repeated.includes(method) ? quick.attempts : 1;
      await assert.rejects(call(createClient({ baseUrl, retry: quick })), (error) => {
        assert.ok(error instanceof RoutecardError);
        assert.deepEqual([error.statusCode, error.attempts], [status, attempts], `${method} ${status}`);
        return true;
      });
      assert.equal(seen.length, attempts, `${method} ${status}`);
    }
  }
});

test("the outcome of a change is unknown", async (t) => {
  const unknown = answers(500, { statusCode: 500, message: "The outcome is unknown", outcome: "unknown" });
  const internal = answers(500, problem("Internal Server Error"));
  const busy = answers(503, problem("busy"));
  const conflict = answers(409, problem("the unit is scrapped"));
  const page = answers(502, "<html>Bad Gateway</html>", { "Content-Type": "text/html" });
  /** @type {[string, import("./script.js").Step[], boolean, boolean, number][]} */
  const cases = [
    ["the server does not know", [unknown], true, true, 4],
    ["the connection breaks", [cuts], true, true, 4],
    ["the response breaks", [cutsHalfway], true, true, 4],
    ["a proxy answers", [page], true, true, 4],
    ["the connection breaks, and then the server is busy", [cuts, busy], true, true, 4],
    ["the server does not know, and then refuses", [unknown, conflict], false, true, 2],
    ["the connection breaks, and then the server refuses", [cuts, conflict], false, true, 2],
    ["the server fails", [internal], false, false, 4],
    ["the server is busy", [busy], false, false, 4],
    ["the server refuses", [conflict], false, false, 1],
  ];
  const path = { jobId: "job_1" };
  for (const [name, steps, post, remove, attempts] of cases) {
    const posted = await startScript(t, ...steps);
    const body = { name: "x", goalQuantity: 1 };
    await assert.rejects(createClient({ baseUrl: posted.baseUrl, retry: quick }).POST("/api/jobs", { body }), (error) => {
      assert.equal(isOutcomeUnknown(error), post, `${name}, POST`);
      return true;
    });
    assert.equal(posted.seen.length, attempts, name);
    const removed = await startScript(t, ...steps);
    const client = createClient({ baseUrl: removed.baseUrl, retry: quick });
    await assert.rejects(client.DELETE("/api/jobs/{jobId}", { params: { path } }), (error) => {
      assert.equal(isOutcomeUnknown(error), remove, `${name}, DELETE`);
      return true;
    });
    const read = createClient({ baseUrl: (await startScript(t, ...steps)).baseUrl, retry: quick });
    await assert.rejects(read.GET("/api/jobs/{jobId}", { params: { path } }), (error) => {
      assert.equal(isOutcomeUnknown(error), false, `${name}, GET`);
      return true;
    });
  }
});

test("a change with an unknown outcome is not repeated without a key", async (t) => {
  const { baseUrl, seen } = await startScript(t, answers(500, { statusCode: 500, message: "no", outcome: "unknown" }));
  const client = createClient({ baseUrl, retry: quick });
  await assert.rejects(client.DELETE("/api/jobs/{jobId}", { params: { path: { jobId: "job_1" } } }), isOutcomeUnknown);
  assert.equal(seen.length, 1);
});

test("the signal of a change is aborted after the request was sent", async (t) => {
  const { baseUrl } = await startScript(t, () => {});
  const signal = AbortSignal.timeout(200);
  const call = createClient({ baseUrl }).POST("/api/jobs", { body: { name: "x", goalQuantity: 1 }, signal });
  await assert.rejects(call, { name: "TimeoutError" });
  await assert.rejects(call, isOutcomeUnknown);
});

test("the outcome of a change that was never sent is known", async () => {
  const closed = createServer();
  await new Promise((resolve) => closed.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (closed.address());
  await new Promise((resolve) => closed.close(resolve));
  const client = createClient({ baseUrl: `http://127.0.0.1:${port}`, retry: quick });
  await assert.rejects(client.POST("/api/jobs", { body: { name: "x", goalQuantity: 1 } }), (error) => !isOutcomeUnknown(error));
});

test("no server at the address", async () => {
  const client = createClient({ baseUrl: "http://127.0.0.1:9", retry: quick });
  await assert.rejects(client.GET("/api/jobs"), (error) => !(error instanceof RoutecardError));
});

test("waiting ends with the signal", async (t) => {
  const busy = await startScript(t, answers(503, problem("busy"), { "Retry-After": "20" }));
  const signal = AbortSignal.timeout(50);
  await assert.rejects(createClient({ baseUrl: busy.baseUrl }).GET("/api/jobs", { signal }), { name: "TimeoutError" });
});

test("Retry-After in seconds and as a date", async (t) => {
  // A wait that is longer than maxWait ends the call after one attempt.
  /** @type {[string, number][]} */
  const cases = [
    ["3600", 1],
    [new Date(Date.now() + 3_600_000).toUTCString(), 1],
    ["0", quick.attempts],
    ["Mon, 15 Jan 2024 10:30:00 GMT", quick.attempts], // in the past
    ["soon", quick.attempts],
  ];
  for (const [value, attempts] of cases) {
    const { baseUrl } = await startScript(t, answers(429, problem("busy"), { "Retry-After": value }));
    await assert.rejects(createClient({ baseUrl, retry: quick }).GET("/api/jobs"), { statusCode: 429, attempts }, value);
  }
});

test("all attempts of updates and deletions carry If-Match", async (t) => {
  const header = { "If-Match": '"3"' };
  const job = { params: { path: { jobId: "job_1" }, header } };
  const path = { params: { path: { pathId: "path_1" }, header } };
  const step = { params: { path: { stepId: "step_1" }, header } };
  const override = { params: { path: { serialId: "SN-00001", stepId: "step_1" }, header } };
  /** @type {Record<string, (client: import("../dist/index.js").RoutecardClient) => Promise<unknown>>} */
  const calls = {
    "PUT /api/jobs/job_1": (client) => client.PUT("/api/jobs/{jobId}", { ...job, body: { name: "x" } }),
    "DELETE /api/jobs/job_1": (client) => client.DELETE("/api/jobs/{jobId}", job),
    "PUT /api/paths/path_1": (client) => client.PUT("/api/paths/{pathId}", { ...path, body: { name: "x" } }),
    "DELETE /api/paths/path_1": (client) => client.DELETE("/api/paths/{pathId}", path),
    "PATCH /api/steps/step_1": (client) => client.PATCH("/api/steps/{stepId}", { ...step, body: { name: "x" } }),
    "DELETE /api/serials/SN-00001/steps/step_1/override": (client) =>
      client.DELETE("/api/serials/{serialId}/steps/{stepId}/override", override),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { baseUrl, seen } = await startScript(t, cuts, answers(503, problem("busy")), answers(200, {}));
    await call(createClient({ baseUrl, retry: quick }));
    assert.deepEqual(
      seen.map(({ method, url, headers }) => [`${method} ${url}`, headers["if-match"]]),
      Array(3).fill([name, '"3"']),
    );
  }
});

test("errors", async (t) => {
  const errors = [
    { field: "name", message: "name is required" },
    { field: "goalQuantity", message: "goalQuantity is required" },
  ];
  const { baseUrl } = await startScript(
    t,
    answers(400, { statusCode: 400, message: "name is required", errors }, { "X-Request-Id": "r1" }),
    answers(403, "<html>no</html>", { "Content-Type": "text/html" }),
    answers(404, "null"),
  );
  const client = createClient({ baseUrl });
  await assert.rejects(client.GET("/api/jobs"), {
    name: "RoutecardError",
    statusCode: 400,
    message: "name is required",
    errors,
    requestId: "r1",
  });
  await assert.rejects(client.GET("/api/jobs"), { statusCode: 403, message: "Forbidden", errors: [], requestId: undefined });
  await assert.rejects(client.GET("/api/jobs"), { statusCode: 404, message: "Not Found" });
});

test("headers, and a response without a body", async (t) => {
  const { baseUrl, seen } = await startScript(t, (_, response) => void response.writeHead(204).end());
  const client = createClient({ baseUrl: `${baseUrl}/shop/`, apiKey: "secret" });
  const params = { path: { jobId: "job_1" }, header: { "If-Match": '"3"' } };
  const { data } = await client.DELETE("/api/jobs/{jobId}", { params });
  assert.equal(data, undefined);
  assert.equal(seen[0]?.url, "/shop/api/jobs/job_1");
  assert.equal(seen[0]?.headers.authorization, "Bearer secret");
  assert.equal(seen[0]?.headers["if-match"], '"3"');
  assert.equal(seen[0]?.headers["idempotency-key"], undefined);
});
