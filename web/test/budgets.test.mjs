// Measures the built pages: how much is loaded first, and how fast the pages respond. Prints each number beside its budget,
// and fails at twice the budget. Budgets in time are for an idle machine with 2 cores; a slower or busy one has more time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

import { answer, atEnd, browserArguments, call, createJob, findChromium, forAllTests, newContext, scan, setUp, startServer, temporaryFolder } from "./shop.mjs";

const all = forAllTests();
const jobs = 300;
const units = 10_000;
const tries = 7;
/** A busy machine is slow for a while, so a slow round is measured again. A page that is really too slow is slow in each round. */
const rounds = 5;
/** How long the loop of slowness takes on an idle machine with 2 cores, in milliseconds. */
const loopTime = 335;

let url, browser;

before(async () => {
  ({ url } = await startServer(all, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(all), "routecard.db")));
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(all, () => browser.close());
});

const quantile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const median = (numbers) => quantile(numbers, 0.5);

// slowness returns how many times as long as on an idle machine with 2 cores a fixed loop takes in the browser now, from 1 to
// 4.
async function slowness() {
  const page = await browser.newPage();
  const times = await page.evaluate(() => {
    const loop = () => {
      const start = performance.now();
      let x = 0;
      for (let i = 0; i < 5e7; i++) x = (Math.imul(x, 31) + i) | 0;
      // The result is used, so that the loop is not optimized away.
      return performance.now() - start + (x === 0 ? 1 : 0);
    };
    loop(); // compiles it
    return Array.from({ length: 7 }, loop);
  });
  await page.close();
  return Math.min(4, Math.max(1, median(times) / loopTime));
}

// within measures round after round until one is below twice the budget, and prints the best round.
async function within(t, what, budget, unit, measure) {
  let best = Infinity;
  let limit = 2 * budget;
  for (let round = 0; round < rounds && best > limit; round++) {
    if (unit === "ms") limit = Math.max(limit, 2 * budget * (await slowness()));
    best = Math.min(best, await measure());
  }
  t.diagnostic(`${what}: ${best.toFixed(1)} ${unit}, budget ${budget.toFixed(1)} ${unit}, limit ${limit.toFixed(1)} ${unit}`);
  assert.ok(best <= limit, `${what}: ${best.toFixed(1)} ${unit} is more than the limit of ${limit.toFixed(1)} ${unit}`);
}

// several returns the results of several tries.
async function several(measure) {
  const results = [];
  for (let i = 0; i < tries; i++) results.push(await measure());
  return results;
}

// openPage opens a page of its own, which a test closes.
async function openPage(t, path) {
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  if (path !== undefined) await page.goto(url + path);
  return page;
}

test("what is loaded first is small", async (t) => {
  const page = await openPage(t, "/");
  await page.locator("h1").waitFor();
  const files = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname));
  const size = (extension) => {
    const names = files.filter((name) => name.startsWith("/assets/") && name.endsWith(extension));
    assert.ok(names.length > 0, `no ${extension} file was loaded`);
    const kilobytes = names.map((name) => gzipSync(readFileSync(new URL(`../dist/${name.slice("/assets/".length)}`, import.meta.url))).length / 1000);
    return kilobytes.reduce((sum, one) => sum + one);
  };
  await within(t, "first JavaScript, compressed", 60, "kB", () => size(".js"));
  await within(t, "CSS, compressed", 12, "kB", () => size(".css"));
});

test("the list of jobs can soon be used", async (t) => {
  const created = await call(url, "POST", "/api/jobs", { name: "JOB-2024-001", goalQuantity: 50 });
  for (let i = 1; i < jobs; i++) await call(url, "POST", "/api/jobs", { name: `${created.name} ${i}`, goalQuantity: 50 });
  const page = await openPage(t);
  await within(t, "usable list", 600, "ms", async () =>
    median(
      await several(async () => {
        await page.goto(`${url}/`);
        await page.locator(".job-row").first().waitFor();
        return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now()))));
      }),
    ),
  );
});

test("a scan is answered at once", async (t) => {
  const scans = 30;
  const shop = await createJob(url, "JOB-2024-002", ["Saw", "Inspection"], rounds * scans);
  const page = await openPage(t);
  await page.addInitScript(() => {
    // The time from the Enter key of a scan to the frame that shows its answer.
    globalThis.times = [];
    let pressed;
    addEventListener("keydown", ({ key }) => (pressed = key === "Enter" ? performance.now() : pressed), { capture: true });
    new MutationObserver(() => {
      if (pressed === undefined || !document.querySelector(".floor-answer-done")) return;
      const start = pressed;
      pressed = undefined;
      requestAnimationFrame(() => setTimeout(() => globalThis.times.push(performance.now() - start)));
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await setUp(page, url, "Saw bench", "maria");
  const left = [...shop.units];
  // The budget is for the 95th percentile, which is printed. The test checks the median, because the machine may be busy.
  await within(t, "scan to painted answer", 100, "ms", async () => {
    await page.evaluate(() => (globalThis.times = []));
    for (const unit of left.splice(0, scans)) {
      await scan(page, unit);
      await answer(page, unit);
    }
    await page.waitForFunction((count) => globalThis.times.length === count, scans);
    const times = await page.evaluate(() => globalThis.times);
    t.diagnostic(`scan to painted answer, 95 of 100: ${quantile(times, 0.95).toFixed(1)} ms`);
    return median(times);
  });
});

test("the move of another client is soon on the page", async (t) => {
  const shop = await createJob(url, "JOB-2024-003", ["Saw", "Inspection"], rounds * tries);
  const page = await openPage(t, `/jobs/${shop.job.id}`);
  await page.getByText("Live", { exact: true }).waitFor();
  const left = [...shop.units];
  await within(t, "another client's move on the page", 500, "ms", async () =>
    median(
      await several(async () => {
        const unit = left.shift();
        const shown = page.waitForFunction(
          (text) => document.querySelector(".route-map strong")?.textContent === text && performance.timeOrigin + performance.now(),
          String(left.length),
        );
        const start = Date.now();
        await call(url, "POST", `/api/serials/${unit}/advance`, { userId: "tom" });
        return (await (await shown).jsonValue()) - start;
      }),
    ),
  );
});

test("a list of 10,000 units scrolls smoothly", async (t) => {
  const shop = await createJob(url, "JOB-2024-004", ["Saw", "Inspection"], units / 10);
  for (let i = 1; i < 10; i++) await call(url, "POST", "/api/serials", { pathId: shop.path.id, quantity: units / 10 });
  const page = await openPage(t, `/jobs/${shop.job.id}`);
  await page.locator(".unit-table tbody th").first().waitFor();
  // The list loads while the user scrolls, so the end is reached page by page.
  await page.waitForFunction((rows) => {
    scrollTo(0, document.documentElement.scrollHeight);
    return document.documentElement.scrollHeight > rows * 50;
  }, units);
  await within(t, "frame while 10,000 units scroll", 17, "ms", () =>
    page.evaluate(async () => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const times = [];
      let last = await frame();
      for (let i = 0; i < 120; i++) {
        scrollTo(0, i * 2500);
        const now = await frame();
        times.push(now - last);
        last = now;
      }
      return times.sort((a, b) => a - b)[times.length / 2];
    }),
  );
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
  await page.locator(".unit-table tbody th").first().waitFor();
  assert.ok((await page.locator(".unit-table tbody tr").count()) < 200, "only the rows in view are on the page");
});
