// Tests the wall display and the insights, also during an outage of the server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { atEnd, browserArguments, call, createJob, faultsOf, findChromium, newContext, startServer, temporaryFolder, wantAccessible } from "./shop.mjs";

const hostile = "<img src=x onerror=alert(1)>";

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
});
after(() => browser.close());

async function open(t, path) {
  const database = join(temporaryFolder(t), "routecard.db");
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", database);
  const shop = await createJob(server.url, hostile, ["Saw", "Inspection"], 5);
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page, server.url);
  await page.goto(server.url + path);
  return { ...shop, server, url: server.url, database, page, faults };
}

async function wantAccessibleThemes(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await wantAccessible(page, colorScheme);
  }
}

test("the wall shows open jobs, where their units are, and each move", async (t) => {
  const { page, url, job, units, faults } = await open(t, "/board");
  const row = page.getByRole("row").filter({ hasText: hostile });
  await row.getByText("Saw 5").waitFor();
  await call(url, "POST", `/api/serials/${units[0]}/advance`, { userId: "maria" });
  await row.getByText("Saw 4").waitFor();
  await call(url, "POST", `/api/serials/${units[0]}/advance`, { userId: "maria" });
  await row.getByText("1 of 5").waitFor();
  const nextYear = new Date().getFullYear() + 1;
  await call(url, "PUT", `/api/jobs/${job.id}`, { dueDate: `${nextYear}-12-01` });
  await row.getByText(`Dec 1, ${nextYear}`).waitFor();
  await page.getByText(/^Updated \d\d:\d\d:\d\d$/).waitFor();
  await wantAccessibleThemes(page);
  assert.deepEqual(faults, []);
});

test("the wall is red during an outage of the server, and recovers afterwards", async (t) => {
  const { page, server, database } = await open(t, "/board");
  await page.getByRole("row").filter({ hasText: hostile }).waitFor();
  await server.stop();
  await page.locator(".board-band-lost").getByText(/Connection lost at/).waitFor();
  await page.getByText(/These numbers are from \d\d:\d\d:\d\d/).waitFor();
  assert.ok(await page.getByRole("row").filter({ hasText: hostile }).isVisible());
  await startServer(t, "--addr", new URL(server.url).host, "--database", database);
  await page.locator(".board-band:not(.board-band-lost)").waitFor();
});

test("the insights show each number as a plot, a table, and a CSV file", async (t) => {
  const { page, url, units, faults } = await open(t, "/insights");
  await call(url, "POST", `/api/serials/${units[0]}/scrap`, { reason: "damaged", userId: "maria" });
  await page.reload();
  for (const title of ["Throughput", "Work in progress", "Time at step", "Scrap by reason"]) {
    const figure = page.getByRole("region", { name: title, exact: true });
    await figure.getByText("Show the numbers").click();
    await figure.locator(".figure-table table").waitFor();
  }
  const scrap = page.getByRole("region", { name: "Scrap by reason", exact: true });
  await scrap.getByRole("row", { name: "Damaged Saw 1" }).waitFor();
  await scrap.locator("canvas").waitFor();
  const download = page.waitForEvent("download");
  await scrap.getByRole("button", { name: "Download as CSV" }).click();
  assert.equal(readFileSync(await (await download).path(), "utf8"), "Reason,Step,Units\r\nDamaged,Saw,1\r\n");
  await wantAccessibleThemes(page);
  assert.deepEqual(faults, []);
});

test("a page whose code was not loaded says so, and is there after another try", async (t) => {
  const { page, url } = await open(t, "/settings");
  await page.route("**/assets/BoardPage.js", (request) => request.abort());
  await page.goto(`${url}/board`);
  await page.getByText("This part of the page could not be loaded").waitFor();
  await page.unroute("**/assets/BoardPage.js");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("row").filter({ hasText: hostile }).waitFor();
});
