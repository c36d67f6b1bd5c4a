import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient, FeedRestoredError, RoutecardError } from "../dist/index.js";
import { startRestartable, startRoutecard } from "./routecard.js";

test("against a real Routecard", async (t) => {
  const client = createClient({ baseUrl: await startRoutecard(t) });

  await t.test("a job from creation to deletion, with versions", async () => {
    const created = await client.POST("/api/jobs", {
      body: { name: "JOB-2024-001", goalQuantity: 50, jiraTicketKey: "PI-42", jiraLabels: ["Q1-2024", "rush"] },
    });
    assert.equal(created.response.status, 201);
    assert.deepEqual(created.data.jiraLabels, ["Q1-2024", "rush"]);
    const params = {
      path: { jobId: created.data.id },
      header: { "If-Match": created.response.headers.get("ETag") ?? "" },
    };
    const changed = await client.PUT("/api/jobs/{jobId}", { params, body: { goalQuantity: 60 } });
    assert.equal(changed.data.goalQuantity, 60);
    await assert.rejects(client.DELETE("/api/jobs/{jobId}", { params }), {
      statusCode: 412,
      message: "Job was changed by someone else",
    });
    assert.equal((await client.DELETE("/api/jobs/{jobId}", { params: { path: params.path } })).response.status, 204);
    await assert.rejects(client.GET("/api/jobs/{jobId}", { params: { path: params.path } }), {
      statusCode: 404,
      message: `Job not found: ${created.data.id}`,
    });
  });

  await t.test("an invalid request", async () => {
    // @ts-expect-error goalQuantity is missing
    await assert.rejects(client.POST("/api/jobs", { body: { name: "" } }), (error) => {
      assert.ok(error instanceof RoutecardError);
      assert.equal(error.message, "name is required");
      assert.deepEqual(
        error.errors.map(({ message }) => message),
        ["name is required", "goalQuantity is required"],
      );
      assert.ok(error.requestId);
      return true;
    });
  });

  await t.test("units on a path, their pages and their events", async () => {
    const { data: job } = await client.POST("/api/jobs", { body: { name: "JOB-2024-002", goalQuantity: 200 } });
    const { data: path } = await client.POST("/api/paths", {
      body: { jobId: job.id, name: "Main Route", goalQuantity: 200, steps: [{ name: "Turning" }, { name: "Deburring" }] },
    });
    const { data: units } = await client.POST("/api/serials", { body: { pathId: path.id, quantity: 5 } });
    const serialId = units[0]?.id ?? "";
    // Once with an empty body, and once with a user.
    await client.POST("/api/serials/{serialId}/advance", { params: { path: { serialId } }, body: {} });
    await client.POST("/api/serials/{serialId}/advance", { params: { path: { serialId } }, body: { userId: "maria" } });

    const sizes = [];
    const query = { jobId: job.id, limit: 2 };
    for await (const page of client.pages("/api/serials", { params: { query } })) {
      sizes.push(page.length);
      if (sizes.length > 3) break; // more pages than there are: the comparison fails
    }
    assert.deepEqual(sizes, [2, 2, 1]);

    const history = [];
    for await (const event of client.all("/api/events", { params: { query } })) {
      history.push(event.seq);
      if (history.length > 100) break; // more events than there are: the comparison fails
    }
    const live = [];
    for await (const event of client.events({ jobId: job.id })) {
      live.push(event.seq);
      if (event.type === "serial.completed") {
        assert.equal(event.userId, "maria");
        assert.equal(event.data.fromStepName, "Deburring"); // its type follows from event.type
        break;
      }
    }
    assert.deepEqual(live, history);
  });

  await t.test("pages of events backwards", async () => {
    const forwards = (await client.events.list()).map(({ seq }) => seq);
    const before = forwards.at(-1) ?? 0;
    const backwards = [];
    for await (const page of client.pages("/api/events", { params: { query: { order: "desc", before, limit: 2 } } })) {
      assert.ok(page.length <= 2);
      backwards.push(...page.map(({ seq }) => seq));
      if (backwards.length > 100) break; // more events than there are: the comparison fails
    }
    assert.deepEqual(backwards, forwards.slice(0, -1).reverse());
  });

  await t.test("a live event", async () => {
    const seen = (async () => {
      for await (const event of client.events({ type: ["job.deleted"], after: 10 })) return event.jobId;
      return undefined;
    })();
    const { data: job } = await client.POST("/api/jobs", { body: { name: "JOB-2024-003", goalQuantity: 1 } });
    await client.DELETE("/api/jobs/{jobId}", { params: { path: { jobId: job.id } } });
    assert.equal(await seen, job.id);
  });
});

for (const withCallback of [true, false]) {
  test(`a restored database, ${withCallback ? "with" : "without"} onRestored`, async (t) => {
    const server = await startRestartable(t);
    const client = createClient({ baseUrl: server.baseUrl, retry: { base: 10, max: 50 } });
    const create = () => client.POST("/api/jobs", { body: { name: "JOB-2024-001", goalQuantity: 50 } });
    for (let i = 0; i < 2; i++) await create();
    /** @type {(number | string)[]} */
    const seen = [];
    const options = withCallback ? { onRestored: () => void seen.push("restored") } : {};
    const following = (async () => {
      for await (const event of client.events({ after: 1, ...options })) {
        seen.push(event.seq);
        if (event.seq === 2 && !seen.includes("restored")) {
          // A restart without a restore.
          await server.stop();
          await server.start();
          await create();
        }
        if (event.seq === 3 && !seen.includes("restored")) {
          await server.stop();
          server.run("new-epoch");
          await server.start();
        }
        if (event.seq === 3 && seen.includes("restored")) break;
      }
    })();
    if (withCallback) {
      await following;
      assert.deepEqual(seen, [2, 3, "restored", 1, 2, 3]);
    } else {
      await assert.rejects(following, FeedRestoredError);
      assert.deepEqual(seen, [2, 3]);
    }
  });
}
