import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient, LoopEndedError, Progress } from "@routecard/client";

import { startRoutecard } from "./routecard.js";

test("waiting until the loop has handled an event", async (t) => {
  const client = createClient({ baseUrl: await startRoutecard(t) });
  const progress = new Progress();
  /** @type {(string | undefined)[]} */
  const table = [];
  const left = new AbortController();
  const loop = (async () => {
    for await (const event of progress.of(client.events({ signal: left.signal }))) {
      await new Promise((resolve) => setImmediate(resolve)); // the body of the loop may take its time
      table.push(event.jobId);
    }
  })();

  for (let i = 1; i <= 3; i++) {
    const job = await client.jobs.create({ name: `JOB-2024-00${i}`, goalQuantity: 50 });
    const { lastSeq } = await client.session.get();
    await progress.wait(lastSeq);
    assert.equal(progress.lastSeq, lastSeq);
    assert.equal(table.at(-1), job.id);
  }
  await progress.wait(1); // has long been handled

  const given = AbortSignal.abort(new Error("enough"));
  await assert.rejects(progress.wait(1000, { signal: given }), { message: "enough" });
  const later = new AbortController();
  const canceled = assert.rejects(progress.wait(1000, { signal: later.signal }), { message: "too late" });
  later.abort(new Error("too late"));
  await canceled;

  const never = assert.rejects(progress.wait(1000), LoopEndedError);
  left.abort(new Error("done"));
  await assert.rejects(loop, { message: "done" });
  await never;
  await assert.rejects(progress.wait(1000), { message: "the loop over the events has ended after the event 3" });
});

test("the event at which the loop is left is handled", async () => {
  const progress = new Progress();
  const events = (async function* () {
    for (const seq of [4, 7]) yield /** @type {import("@routecard/client").Schemas["Event"]} */ ({ seq, type: "job.created" });
  })();
  for await (const event of progress.of(events)) if (event.seq === 7) break;
  await progress.wait(7);
  assert.equal(progress.lastSeq, 7);
});
