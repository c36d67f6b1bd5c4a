// Checks on all pages: hostile names are shown as text, nothing is wider than the window, axe-core finds nothing, each role sees its
// commands, and the page recovers after an outage of the server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { before, test } from "node:test";
import { chromium } from "playwright-core";

import { answer, atEnd, browserArguments, call, faultsOf, findChromium, forAllTests, newContext, scan, startServer, temporaryFolder, wantAccessible } from "./shop.mjs";

const hostile = "<img src=x onerror=document.title='run'>";
const widths = [360, 800, 1280, 1920];

const all = forAllTests();
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(all, () => browser.close());
});

// openShop starts a server whose every text is `text`, with a unit that has moved and one that is scrapped.
async function openShop(t, text) {
  const database = join(temporaryFolder(t), "routecard.db");
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", database);
  const { url } = server;
  const steps = ["Saw", "Deburring", "Inspection"].map((step) => ({ name: `${step} ${text}`.trim(), location: `Bay ${text}`.trim(), assignedTo: `maria ${text}`.trim() }));
  const job = await call(url, "POST", "/api/jobs/plan", {
    name: `JOB-2024-001 ${text}`.trim(),
    goalQuantity: 5,
    dueDate: "2035-12-01",
    priority: "urgent",
    notes: `Notes ${text}`,
    externalId: `PO-1 ${text}`.trim(),
    paths: [{ name: `Main Route ${text}`.trim(), goalQuantity: 5, advancementMode: "flexible", steps, quantity: 5 }],
  });
  await call(url, "POST", "/api/templates", { name: `Housing route ${text}`.trim(), steps });
  const units = (await call(url, "GET", `/api/serials?jobId=${job.id}`)).map(({ id }) => id);
  const userId = `tom ${text}`.trim();
  await call(url, "POST", `/api/serials/${units[0]}/notes`, { text: `Note ${text}`, userId });
  await call(url, "POST", `/api/serials/${units[0]}/advance`, { userId });
  await call(url, "POST", `/api/serials/${units[1]}/scrap`, { reason: "other", explanation: `Dropped ${text}`, userId });
  return { ...server, database, job, units, station: steps[0].location };
}

// pagesOf returns each page: its path, what is there when it is complete, and the buttons and links that need a role.
function pagesOf({ job, units }) {
  return [
    { path: "/", ready: ".job-row .progress-text", write: ["Import", "New job"] },
    { path: "/jobs/new", ready: "h1", write: ["Create job"] },
    { path: `/jobs/${job.id}`, ready: ".unit-table tbody th", operate: [`Select ${units[0]}`], write: ["Edit job", "Close job", "Edit path", "Add units", "Add path"] },
    { path: `/units/${units[0]}`, ready: ".rail-step", operate: ["Advance", "Scrap", "Undo", "Add note"], write: ["Delete unit"] },
    { path: "/floor", ready: ".floor-queue li", operate: ["Advance", "Scrap", "Undo"] },
    { path: "/board", ready: ".board-jobs tbody tr" },
    { path: `/labels?job=${job.id}`, ready: "svg.label-code" },
    { path: "/insights", ready: ".plot canvas >> nth=3" },
    { path: "/settings", ready: "text=Save operator", write: ["New template"] },
  ];
}

// openShopWithKeys starts a server that requires API keys, and returns a key of each role.
async function openShopWithKeys(t) {
  const shop = await openShop(t, "");
  await shop.stop();
  const createKey = (role) =>
    execFileSync(process.env.ROUTECARD_BINARY, ["keys", "create", "--database", shop.database, "--name", role, "--role", role], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  const keys = ["read", "operate", "write"].map((role) => [role, createKey(role)]);
  const { url } = await startServer(t, "--addr", "127.0.0.1:0", "--database", shop.database);
  return { shop, url, keys };
}

// openContext returns a browser context that is set up as a station.
async function openContext(t, { station }, options = {}, from = browser) {
  const context = await newContext(from, options);
  atEnd(t, () => context.close());
  await context.addInitScript(
    (name) => localStorage.setItem("routecard.station", JSON.stringify({ station: { by: "location", name }, operator: "maria", mode: "advance", hasSound: false })),
    station,
  );
  return context;
}

// cutPlaceholders returns the placeholders that are longer than their fields. A browser measures only values.
function cutPlaceholders(part) {
  const cut = [];
  for (const field of part.querySelectorAll("input:placeholder-shown")) {
    field.value = field.placeholder;
    if (field.scrollWidth > field.clientWidth) cut.push(field.placeholder);
    field.value = "";
  }
  return cut;
}

test("hostile names are text on every page, and no page is wider than its window", async (t) => {
  // A long word, because browsers do not break words by themselves.
  const shop = await openShop(t, `${hostile} ${"Donaudampfschiff".repeat(5)}`);
  const context = await openContext(t, shop);
  const page = await context.newPage();
  const faults = faultsOf(page, shop.url);
  const wide = [];
  // measure keeps what scrolls sideways, the page or the given part of it.
  const measure = async (about, part = "html") => {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.locator(part).evaluate((element) => element.scrollWidth - element.clientWidth);
      if (over > 0) wide.push(`${about} is ${over} px too wide at ${width} px`);
      wide.push(...(await page.locator(part).evaluate(cutPlaceholders)).map((text) => `${about} cuts "${text}" off at ${width} px`));
    }
  };
  for (const { path, ready } of pagesOf(shop)) {
    await page.goto(shop.url + path);
    await page.locator(ready).first().waitFor();
    await measure(path);
    assert.equal(await page.locator("img").count(), 0, path);
    assert.notEqual(await page.title(), "run", path);
  }
  await page.goto(`${shop.url}/jobs/new`);
  await page.getByLabel("Start from").selectOption("Another job");
  await page.getByRole("combobox", { name: "Job to copy" }).waitFor();
  await measure("the choice of a job to copy");
  await page.goto(`${shop.url}/jobs/${shop.job.id}`);
  await page.getByRole("button", { name: "Edit path" }).click();
  await page.locator(".step-row").first().waitFor();
  await measure("the path editor", "dialog");
  assert.deepEqual(wide, []);
  assert.deepEqual(faults, []);
});

for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
  test(`axe-core finds nothing on any page in the ${colorScheme} theme at ${width} px`, async (t) => {
    const shop = await openShop(t, "");
    const context = await openContext(t, shop, { colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" });
    const page = await context.newPage();
    for (const { path, ready } of pagesOf(shop)) {
      await page.goto(shop.url + path);
      await page.locator(ready).first().waitFor();
      await wantAccessible(page, path);
    }
  });
}

test("the pages work over plain HTTP from another computer", async (t) => {
  const { shop, url: local, keys } = await openShopWithKeys(t);
  // A browser trusts 127.0.0.1 as much as HTTPS, but no other host.
  const remote = await chromium.launch({ executablePath: findChromium(), args: [...browserArguments, "--host-resolver-rules=MAP shop.test 127.0.0.1"] });
  atEnd(t, () => remote.close());
  const url = `http://shop.test:${new URL(local).port}`;
  const key = new Map(keys).get("write");
  const page = await (await openContext(t, shop, {}, remote)).newPage();
  const faults = faultsOf(page, url, { isRefusedExpected: true });
  for (const { path, ready } of pagesOf(shop)) {
    await page.goto(`${url}${path}#key=${key}`);
    await page.locator(ready).first().waitFor();
  }
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await page.goto(`${url}/jobs/new`);
  await page.getByRole("button", { name: "Create job" }).click();
  await page.getByRole("alert").getByText("Request ").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("JOB-2024-040");
  await page.getByLabel("Goal quantity").fill("50");
  await page.getByRole("button", { name: "Create job" }).click();
  await page.getByRole("heading", { name: "JOB-2024-040" }).waitFor();
  await page.goto(`${url}/floor`);
  await page.getByLabel("Scan or type a serial number").waitFor();
  await scan(page, shop.units[2]);
  await answer(page, shop.units[2]);
  await page.locator(".floor-answer-done").waitFor();
  assert.deepEqual(faults, []);
});

test("each role sees on every page what it may do, and why the rest is missing", async (t) => {
  const { shop, url, keys } = await openShopWithKeys(t);
  for (const [role, key] of keys) {
    const context = await openContext(t, shop);
    const page = await context.newPage();
    for (const { path, ready, operate = [], write = [] } of pagesOf(shop)) {
      const about = `${role} on ${path}`;
      const session = page.waitForResponse("**/api/session");
      await page.goto(`${url}${path}#key=${key}`);
      await session;
      await page.locator(ready).first().waitFor();
      // A button is not shown before the page knows its role, so what must be there is awaited first.
      if (path !== "/board" && role === "read") await page.getByText("Your key may only read.").waitFor();
      if (path !== "/board" && path !== "/floor" && role === "operate") await page.getByText("Your key may move units.").waitFor();
      const named = (name) => page.getByRole("main").locator("button, a, input").and(page.getByRole(name.startsWith("Select") ? "checkbox" : name === "New job" ? "link" : "button", { name, exact: true }));
      const allowed = [...(role === "read" ? [] : operate), ...(role === "write" ? write : [])];
      for (const name of allowed) await named(name).first().waitFor();
      for (const name of [...operate, ...write]) {
        if (!allowed.includes(name)) assert.equal(await named(name).count(), 0, `${about}: ${name}`);
      }
    }
    await context.close();
  }
});

test("the pages keep their content during an outage of the server, and recover afterwards", async (t) => {
  const shop = await openShop(t, "");
  const [, , unit] = shop.units;
  const shown = [
    { path: "/", before: ".job-row :text('JOB-2024-001')", after: ".job-row :text('1 of 5')" },
    { path: `/jobs/${shop.job.id}`, before: ".route-map :text('1. Saw')", after: ".progress-text :text('1 of 5')" },
    { path: `/units/${unit}`, before: ".rail-in_progress :text('Saw')", after: ".tag:text('Completed')" },
    { path: "/board", before: ".board-jobs :text('JOB-2024-001')", after: ".board-jobs :text('1 of 5')" },
  ];
  const pages = [];
  for (const { path, before, after } of shown) {
    // A context each, because a browser opens few connections to one server.
    const page = await (await openContext(t, shop)).newPage();
    await page.goto(shop.url + path);
    await page.locator(before).first().waitFor();
    await page.getByText(/^(● )?Live$/).first().waitFor();
    pages.push({ page, path, before, after });
  }
  await shop.kill();
  for (const { page, path, before } of pages) {
    await page.getByText(/Connection lost at \d/).first().waitFor();
    assert.ok(await page.locator(before).first().isVisible(), path);
  }
  const { url } = await startServer(t, "--addr", new URL(shop.url).host, "--database", shop.database);
  for (let step = 0; step < 3; step++) await call(url, "POST", `/api/serials/${unit}/advance`, { userId: "tom" });
  for (const { page, after } of pages) {
    await page.getByText(/^(● )?Live$/).first().waitFor();
    await page.locator(after).first().waitFor();
  }
});
