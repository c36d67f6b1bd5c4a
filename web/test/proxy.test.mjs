// Tests the pages behind a reverse proxy, during an outage of the server and during an upgrade.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { answer, atEnd, browserArguments, call, createJob, faultsOf, findChromium, forAllTests, newContext, patience, scan, setUp, startProxy, startServer, temporaryFolder } from "./shop.mjs";

const all = forAllTests();
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(all, () => browser.close());
});

// open starts a server with a job, and a proxy in front of it.
async function open(t, options) {
  const database = join(temporaryFolder(t), "routecard.db");
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", database);
  const shop = await createJob(server.url, "JOB-2024-001", ["Saw", "Deburring"], 3);
  const proxy = await startProxy(t, server.url);
  const context = await newContext(browser, options);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  return { ...shop, database, server, proxy, page, faults: faultsOf(page, proxy.url, { isRefusedExpected: true }) };
}

const movesOf = async (url, serial) => (await call(url, "GET", `/api/events?serialId=${serial}`)).map((event) => `${event.type} ${event.userId}`);
const pass = () => "pass";
const drop = () => "drop";
/** The server makes the changes, and only the responses are lost. */
const loseChanges = ({ method }) => (method === "POST" ? "lose" : "pass");

for (const status of [502, 504]) {
  test(`while a proxy answers ${status} with a page of its own, a station takes scans, and sends each once`, async (t) => {
    const { server, proxy, page, units, faults } = await open(t);
    await setUp(page, proxy.url, "Saw bench", "maria");
    await page.getByText("Live", { exact: true }).waitFor();
    proxy.change({ status, treat: loseChanges });
    await scan(page, units[0]);
    assert.match(await answer(page, units[0]), /Saved, and sent as soon as the server answers/);
    assert.equal((await movesOf(server.url, units[0])).length, 2);
    proxy.change({ treat: drop });
    await scan(page, units[1]);
    assert.match(await answer(page, units[1]), /Saved, and sent as soon as the server answers/);
    await page.getByText("2 moves wait for the connection").waitFor();
    await page.getByText(/Connection lost at \d/).waitFor();
    assert.doesNotMatch(await page.locator("body").innerText(), /Gateway|50[24]/);

    proxy.change({ treat: pass });
    await page.getByText(/waits? for the connection/).waitFor({ state: "detached" });
    await page.getByText("Live", { exact: true }).waitFor();
    for (const unit of units.slice(0, 2)) assert.deepEqual(await movesOf(server.url, unit), ["serial.created anonymous", "serial.advanced maria"]);
    assert.deepEqual(faults, []);
  });
}

test("while a proxy answers for the server, a page keeps what it shows, says so in plain words, and a second press changes nothing twice", async (t) => {
  const { server, proxy, page, job, units, faults } = await open(t);
  await page.goto(`${proxy.url}/jobs/${job.id}`);
  await page.getByRole("link", { name: /1\. Saw\s*3/ }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  // A part that has never been loaded shows that. The plot comes last: its code follows the numbers.
  await page.locator(".figure canvas").first().waitFor();
  proxy.change({ treat: drop });
  await page.getByText(/Connection lost at \d/).waitFor();
  assert.ok(await page.getByRole("link", { name: /1\. Saw\s*3/ }).isVisible());
  assert.ok(await page.locator(".unit-table tbody th").first().isVisible());
  assert.equal(await page.locator(".failure").count(), 0);
  proxy.change({ treat: pass });
  await page.getByText("Live", { exact: true }).waitFor();

  await page.goto(`${proxy.url}/jobs/new`);
  await page.getByLabel("Name", { exact: true }).fill("JOB-2024-002");
  await page.getByLabel("Goal quantity").fill("5");
  proxy.change({ status: 504, treat: loseChanges });
  await page.getByRole("button", { name: "Create job" }).click();
  await page.getByText("The server cannot be reached. Try again in a moment.").waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "JOB-2024-002");
  proxy.change({ treat: pass });
  await page.getByRole("button", { name: "Create job" }).click();
  await page.getByRole("heading", { name: "JOB-2024-002" }).waitFor();

  const dialog = page.getByRole("dialog");
  // Presses a button of the dialog whose field has the text twice: the response to the first press is lost.
  const pressTwice = async (button, field, text) => {
    await dialog.getByRole("textbox", { name: field, exact: true }).first().fill(text);
    proxy.change({ treat: loseChanges });
    await dialog.getByRole("button", { name: button, exact: true }).click();
    await dialog.getByText("The server cannot be reached. Try again in a moment.").waitFor();
    proxy.change({ treat: pass });
    await dialog.getByRole("button", { name: button, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  };
  await page.goto(`${proxy.url}/jobs/${job.id}`);
  await page.getByRole("button", { name: "Add units" }).click();
  await pressTwice("Add units", "Number of units", "2");
  assert.equal((await call(server.url, "GET", `/api/serials?jobId=${job.id}`)).length, 3 + 2);

  const notesOf = async (serial) => (await movesOf(server.url, serial)).filter((event) => event.startsWith("serial.noted")).length;
  await page.getByLabel(`Select ${units[0]}`).check();
  await page.getByRole("button", { name: "Add note" }).click();
  await pressTwice("Add note", "Note", "Burr on the left edge");
  assert.equal(await notesOf(units[0]), 1);
  await page.getByRole("button", { name: "Add path" }).click();
  await dialog.getByRole("textbox", { name: "Step", exact: true }).fill("Saw");
  await pressTwice("Save path", "Path name", "Rework");
  assert.deepEqual((await call(server.url, "GET", `/api/jobs/${job.id}/paths`)).map(({ name }) => name).sort(), ["Main Route", "Rework"]);

  await page.goto(`${proxy.url}/units/${units[1]}`);
  await page.getByRole("button", { name: "Add note" }).click();
  await pressTwice("Add note", "Note", "Measured again");
  assert.equal(await notesOf(units[1]), 1);
  await page.goto(`${proxy.url}/settings`);
  await page.getByRole("button", { name: "New template" }).click();
  await dialog.getByRole("textbox", { name: "Step", exact: true }).fill("Saw");
  await pressTwice("Save template", "Template name", "Bracket");
  assert.deepEqual((await call(server.url, "GET", "/api/templates")).map(({ name }) => name), ["Bracket"]);
  assert.deepEqual((await call(server.url, "GET", "/api/jobs")).map(({ name }) => name), ["JOB-2024-002", "JOB-2024-001"]);
  assert.deepEqual(faults, []);
});

// makeNextBuild returns a folder with the pages of another build, which says so, and its id.
function makeNextBuild(t) {
  const folder = join(temporaryFolder(t), "dist");
  cpSync(fileURLToPath(new URL("../dist", import.meta.url)), folder, { recursive: true });
  const [script, worker] = [join(folder, "app.js"), join(folder, "service-worker.js")];
  writeFileSync(script, `globalThis.isNextBuild = true;${readFileSync(script, "utf8")}`);
  const source = readFileSync(worker, "utf8");
  // As build.sh does it.
  const files = ["index.html", ...[...source.matchAll(/"\/assets\/([^"]+)"/g)].map(([, name]) => basename(name))];
  const id = createHash("sha256").update(Buffer.concat(files.map((name) => readFileSync(join(folder, name))))).digest("hex");
  writeFileSync(worker, source.replace(/[0-9a-f]{64}/g, id));
  return { folder, id };
}

test("a station goes over to a newer build with one reload, and moves that wait are neither lost nor sent twice", async (t) => {
  const { server, database, proxy, page, units, faults } = await open(t, { serviceWorkers: "allow" });
  await setUp(page, proxy.url, "Saw bench", "maria");
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  const [old] = await page.evaluate(() => caches.keys());
  assert.equal(await page.evaluate(() => globalThis.isNextBuild), undefined);

  proxy.change({ treat: loseChanges });
  for (const unit of units) await scan(page, unit);
  await page.getByText("3 moves wait for the connection").waitFor();
  assert.equal((await movesOf(server.url, units[0])).length, 2);
  await server.stop();
  const next = makeNextBuild(t);
  const { url } = await startServer(t, "--addr", "127.0.0.1:0", "--database", database, "--web-dir", next.folder);
  proxy.change({ target: url });
  await page.reload();
  assert.equal(await page.evaluate(() => globalThis.isNextBuild), true);
  await page.getByText("3 moves wait for the connection").waitFor();

  // The files of the old build go as soon as those of the new one are kept.
  const kept = () => page.evaluate(async () => (await caches.keys()).join());
  assert.notEqual(old, `routecard-${next.id}`);
  for (const end = Date.now() + patience; (await kept()) !== `routecard-${next.id}`; await setTimeout(50)) {
    assert.ok(Date.now() < end, "the browser does not go over to the new build");
  }
  proxy.change({ treat: pass });
  await page.getByText(/waits? for the connection/).waitFor({ state: "detached" });
  for (const unit of units) assert.deepEqual(await movesOf(url, unit), ["serial.created anonymous", "serial.advanced maria"]);

  // The new build opens without the server.
  proxy.change({ treat: drop });
  await page.reload();
  await page.getByLabel("Scan or type a serial number").waitFor();
  assert.equal(await page.evaluate(() => globalThis.isNextBuild), true);
  assert.deepEqual(faults, []);
});
