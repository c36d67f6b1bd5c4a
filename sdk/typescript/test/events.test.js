import assert from "node:assert/strict";
import { test } from "node:test";

import { follow } from "../dist/events.js";
import { createClient } from "../dist/index.js";
import { withDefaults } from "../dist/retry.js";
import { answers, cuts, problem, quick, startScript, streams } from "./script.js";

/** @param {number} seq */
const message = (seq) => `id: ${seq}\nevent: job.created\ndata: {"seq":${seq},\ndata: "type":"job.created","data":{}}\n\n`;

test("events continue after a broken connection", async (t) => {
  const { baseUrl, seen } = await startScript(
    t,
    cuts,
    streams(`: hello\n\n${message(4)}${message(5)}${message(6).slice(0, -1)}`), // 6 is not complete
    answers(503, problem("starting")),
    answers(500, problem("Internal Server Error")),
    cuts, // more failures than an ordinary call has attempts
    answers(502, ""),
    cuts,
    streams(": heartbeat\n\n"),
    streams(`${message(6)}id: 9\n\n`), // 7 to 9 were of another job
    streams(message(10)),
  );
  const client = createClient({ baseUrl, apiKey: "secret", retry: quick });
  const sequence = [];
  for await (const event of client.events({ after: 3, jobId: "job_1" })) {
    sequence.push(event.seq);
    if (event.seq === 10) break;
  }
  assert.deepEqual(sequence, [4, 5, 6, 10]);
  assert.deepEqual([...new Set(seen.map((request) => request.headers["last-event-id"]))], [undefined, "5", "9"]);
  for (const request of seen) {
    assert.equal(request.url, "/api/events?after=3&jobId=job_1");
    assert.equal(request.headers.accept, "text/event-stream");
    assert.equal(request.headers.authorization, "Bearer secret");
  }
});

/** @type {Record<string, [import("./script.js").Step[], number, number]>} */
const endings = {
  "the server says no": [[answers(401, problem("no"))], 0, 1],
  "the server says no, later": [[streams(message(1)), answers(401, problem("no"))], 1, 2],
  "nobody there": [[cuts], 0, 4],
  "never ready": [[answers(503, problem("no"))], 0, 4],
  "not a stream": [[answers(200, [])], 0, 1],
  "not JSON": [[streams(`${message(1)}data: {\n\n`)], 1, 1],
};
for (const [name, [steps, events, requests]] of Object.entries(endings)) {
  test(`events end: ${name}`, async (t) => {
    const { baseUrl, seen } = await startScript(t, ...steps);
    let count = 0;
    await assert.rejects(async () => {
      for await (const _ of createClient({ baseUrl, retry: quick }).events()) count++;
    });
    assert.deepEqual([count, seen.length], [events, requests]);
  });
}

test("events end with the signal, also while waiting", async (t) => {
  const stop = new AbortController();
  const { baseUrl } = await startScript(t, streams(message(1)));
  await assert.rejects(
    async () => {
      const client = createClient({ baseUrl, retry: { base: 60_000, max: 60_000 } });
      for await (const _ of client.events({ signal: stop.signal })) {
        setTimeout(() => stop.abort(new Error("enough")), 100);
      }
    },
    { message: "enough" },
  );
});

test("leaving the loop closes the connection", async (t) => {
  /** @type {Promise<void>} */
  let closed = Promise.reject();
  closed.catch(() => {});
  const { baseUrl } = await startScript(t, (_, response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(message(1));
  });
  for await (const _ of createClient({ baseUrl }).events()) break;
  await closed;
});

const idle = 200;

/** Follows the stream with a short idle timeout. @param {string} baseUrl */
const followWithShortIdle = (baseUrl) =>
  follow((request) => fetch(request), withDefaults(quick), `${baseUrl}/api/events`, {}, {}, idle);

test("a silent connection is replaced", async (t) => {
  const { baseUrl, seen } = await startScript(t, (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(message(seen.length));
  });
  for await (const event of followWithShortIdle(baseUrl)) if (event.seq === 3) break;
  assert.deepEqual(
    seen.map((request) => request.headers["last-event-id"]),
    [undefined, "1", "2"],
  );
});

test("a slow loop keeps its stream", async (t) => {
  const { baseUrl, seen } = await startScript(t, (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let seq = 0;
    const clock = setInterval(() => response.write(message(++seq)), idle / 4);
    response.on("close", () => clearInterval(clock));
  });
  for await (const event of followWithShortIdle(baseUrl)) {
    if (event.seq === 1) await new Promise((resolve) => setTimeout(resolve, 3 * idle));
    if (event.seq === 20) break;
  }
  assert.equal(seen.length, 1);
});
