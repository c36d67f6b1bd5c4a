// The list of jobs of a shop that has 50,000 of them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { chromium } from "playwright-core";

import { atEnd, browserArguments, faultsOf, findChromium, forAllTests, newContext, startServer, temporaryFolder } from "./shop.mjs";

const jobs = 50_000;
const nameOf = (number) => `Order ${String(number).padStart(5, "0")}`;

const all = forAllTests();
let url, browser;

before(async () => {
  ({ url } = await startServer(all, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(all), "routecard.db")));
  const rows = Array.from({ length: jobs }, (_, index) => `${nameOf(index + 1)},10\n`);
  const imported = await fetch(`${url}/api/jobs/import?mode=atomic`, { method: "POST", headers: { "Content-Type": "text/csv" }, body: `Name,Quantity\n${rows.join("")}` });
  assert.equal((await imported.json()).created, jobs);
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(all, () => browser.close());
});

test("the last of 50,000 jobs is one key away, and Back from a job leads to the same place", async (t) => {
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page, url);
  let loaded = 0;
  page.on("response", async (response) => {
    if (response.request().method() === "GET" && new URL(response.url()).pathname === "/api/jobs") loaded += (await response.json()).length;
  });
  await page.goto(url);
  await page.getByText("50,000 jobs", { exact: true }).waitFor();
  await page.getByRole("link", { name: nameOf(jobs), exact: true }).waitFor();

  await page.keyboard.press("End");
  await page.getByRole("link", { name: nameOf(1), exact: true }).waitFor();
  assert.ok((await page.locator(".job-row").count()) < 100, "only the rows in view are on the page");
  assert.ok(loaded <= 1000, `${loaded} jobs were loaded to show two pages`);

  const scrolled = await page.evaluate(() => scrollY);
  await page.getByRole("link", { name: nameOf(2), exact: true }).click();
  await page.getByRole("heading", { name: nameOf(2), exact: true }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: nameOf(1), exact: true }).waitFor();
  assert.equal(await page.evaluate(() => scrollY), scrolled);

  // A new job comes to the top, and the rows in view stay.
  const created = await fetch(`${url}/api/jobs`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "JOB-2024-001", goalQuantity: 1 }) });
  assert.equal(created.status, 201);
  await page.getByText("50,001 jobs", { exact: true }).waitFor();
  assert.ok(await page.getByRole("link", { name: nameOf(1), exact: true }).isVisible());
  await page.keyboard.press("Home");
  await page.getByRole("link", { name: "JOB-2024-001", exact: true }).waitFor();
  await page.getByRole("link", { name: nameOf(jobs), exact: true }).waitFor();
  assert.deepEqual(faults, []);
});

test("one of 50,000 jobs is found by the search and by the command palette", async (t) => {
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page, url);
  await page.goto(url);
  await page.getByLabel("Search jobs").fill("order 31415");
  await page.getByRole("link", { name: nameOf(31_415), exact: true }).waitFor();
  await page.getByText("1 job", { exact: true }).waitFor();
  // A busy computer draws late. What is typed meanwhile counts.
  await page.evaluate(() => {
    window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 500);
  });
  await page.keyboard.press("Control+k");
  await page.keyboard.type("27182");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: nameOf(27_182), exact: true }).waitFor();
  assert.deepEqual(faults, []);
});
