import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "../dist/index.js";
import { answers, problem, startScript } from "./script.js";

/**
 * Serves three pages with two jobs each. The links have no path prefix, although the server is used under one, as behind a proxy.
 * @param {import("node:test").TestContext} t
 */
const threePages = (t) =>
  startScript(t, (request, response) => {
    const page = ["a", "b", "c"].indexOf(new URL(request.url ?? "", "http://x").searchParams.get("cursor") ?? "a");
    if (page < 2) {
      const next = `</api/jobs?cursor=${"bc"[page]}&jiraLabel=a&jiraLabel=b%2Cc>; rel="prefetch next"`;
      response.setHeader("Link", `</docs>; rel="help"; title="a, <b>", ${next}`);
    }
    answers(200, [{ id: `job_${2 * page}` }, { id: `job_${2 * page + 1}` }])(request, response);
  });

test("all pages", async (t) => {
  const { baseUrl, seen } = await threePages(t);
  const client = createClient({ baseUrl: `${baseUrl}/shop` });
  const query = { limit: 2, jiraLabel: ["a", "b,c"] };
  const ids = [];
  for await (const job of client.all("/api/jobs", { params: { query } })) ids.push(job.id);
  assert.deepEqual(ids, ["job_0", "job_1", "job_2", "job_3", "job_4", "job_5"]);
  assert.deepEqual(
    seen.map((request) => request.url),
    [
      "/shop/api/jobs?limit=2&jiraLabel=a&jiraLabel=b%2Cc",
      "/shop/api/jobs?cursor=b&jiraLabel=a&jiraLabel=b%2Cc",
      "/shop/api/jobs?cursor=c&jiraLabel=a&jiraLabel=b%2Cc",
    ],
  );
});

test("pages are requested when needed", async (t) => {
  const { baseUrl, seen } = await threePages(t);
  for await (const page of createClient({ baseUrl }).pages("/api/jobs")) {
    assert.equal(page.length, 2);
    break;
  }
  assert.deepEqual(
    seen.map((request) => request.url),
    ["/api/jobs?limit=100"],
  );
});

test("an error ends the loop", async (t) => {
  const next = { Link: "</api/jobs/job_1/paths?cursor=b>; rel=next" };
  const { baseUrl } = await startScript(t, answers(200, [{ id: "path_1" }], next), answers(400, problem("no")));
  /** @type {string[]} */
  const ids = [];
  await assert.rejects(
    async () => {
      const params = { path: { jobId: "job_1" } };
      for await (const path of createClient({ baseUrl }).all("/api/jobs/{jobId}/paths", { params })) ids.push(path.id);
    },
    { statusCode: 400 },
  );
  assert.deepEqual(ids, ["path_1"]);
});

test("a page that leads to itself ends the loop", async (t) => {
  const { baseUrl, seen } = await startScript(t, answers(200, [{ id: "job_1" }], { Link: "</api/jobs?cursor=b>; rel=next" }));
  await assert.rejects(
    async () => {
      for await (const _ of createClient({ baseUrl }).all("/api/jobs"));
    },
    { message: "the link to the next page leads to the same page" },
  );
  assert.equal(seen.length, 2);
});
