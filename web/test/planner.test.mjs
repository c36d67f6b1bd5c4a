// Uses the planner's pages of a real Routecard in the system's Chromium. `make test-web` runs it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
const routecard = process.env.ROUTECARD_BINARY;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const hostile = "<img src=x onerror=document.title='run'>";
const steps = [{ name: "Saw", location: hostile }, { name: "Deburring" }, { name: "Inspection" }];

let folder, server, address, browser, job;

before(async () => {
  const executablePath = process.env.CHROMIUM ?? browsers.find(existsSync);
  assert.ok(executablePath, "Chromium is missing, and the pages are tested in it: install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  assert.ok(routecard, "ROUTECARD_BINARY must name the program that is tested.");
  folder = mkdtempSync(join(tmpdir(), "routecard-pages-"));
  server = spawn(routecard, ["--addr", "127.0.0.1:0", "--database", join(folder, "routecard.db")], { stdio: ["ignore", "ignore", "pipe"] });
  address = await new Promise((resolve, reject) => {
    let log = "";
    server.once("exit", () => reject(new Error(`Routecard ended:\n${log}`)));
    server.stderr.on("data", (piece) => {
      log += piece;
      const serving = /"msg":"serving","url":"([^"]+)"/.exec(log);
      if (serving) resolve(serving[1]);
    });
  });
  job = await post("/api/jobs/plan", { name: hostile, goalQuantity: 3, paths: [{ name: "Main Route", goalQuantity: 3, steps, quantity: 3 }] });
  // Chromium's sandbox does not work for root, which is who CI is.
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }
  if (folder) rmSync(folder, { recursive: true });
});

async function post(path, body) {
  const response = await fetch(`${address}${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

// open shows a page, and collects what must not happen there. A refused request is logged by the browser and is no fault.
async function open(path, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== address) faults.push(`request to ${url.origin}`);
  });
  await page.goto(`${address}${path}`);
  return { page, faults, close: () => context.close() };
}

test("a job is created with the keyboard, and the server's sentence stands at the field", async () => {
  const { page, faults, close } = await open("/jobs/new");
  await page.getByLabel("Name", { exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("name is required").first().waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).getAttribute("aria-invalid"), "true");
  await page.keyboard.type("JOB-2024-001");
  await page.keyboard.press("Tab");
  await page.keyboard.type("50");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "JOB-2024-001" }).waitFor();
  await page.getByText("0 of 50").waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("the search is in the address, and shows hostile names as text", async () => {
  const { page, faults, close } = await open("/");
  await page.getByLabel("Search jobs").fill("onerror");
  await page.waitForURL(/\?q=onerror/);
  await page.getByRole("link", { name: hostile, exact: true }).waitFor();
  assert.equal(await page.locator("main img").count(), 0);
  assert.notEqual(await page.title(), "run");
  assert.deepEqual(faults, []);
  await close();
});

test("selected units advance together, and a second browser sees it", async () => {
  const first = await open(`/jobs/${job.id}`);
  const second = await open(`/jobs/${job.id}`);
  await second.page.getByRole("link", { name: /1\. Saw\s*3/ }).waitFor();
  await first.page.getByLabel("Select all units in the list").check();
  await first.page.getByRole("button", { name: "Advance", exact: true }).click();
  await first.page.getByText("3 units changed").waitFor();
  await second.page.getByRole("link", { name: /2\. Deburring\s*3/ }).waitFor();
  assert.deepEqual([...first.faults, ...second.faults], []);
  await first.close();
  await second.close();
});

test("the path editor says what an edit means, and keeps it when somebody else was faster", async () => {
  const { page, faults, close } = await open(`/jobs/${job.id}`);
  await page.getByRole("button", { name: "Edit path" }).click();
  await page.getByRole("button", { name: "Move Inspection up" }).click();
  await page.getByText("Inspection is moved behind 3 units, which must still do it before they can be completed").waitFor();
  const path = job.paths[0].id;
  const renamed = await fetch(`${address}/api/paths/${path}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "Second Route" }) });
  assert.equal(renamed.status, 200);
  await page.getByRole("button", { name: "Save path" }).click();
  await page.getByText("Somebody else has changed this path. Your edit is still here.").waitFor();
  await page.getByRole("button", { name: "Save my edit" }).click();
  await page.getByText("Main Route was saved").waitFor();
  const saved = await (await fetch(`${address}/api/paths/${path}`)).json();
  assert.deepEqual(saved.steps.map(({ name }) => name), ["Saw", "Inspection", "Deburring"]);
  assert.deepEqual(saved.steps.map(({ id }) => id).sort(), job.paths[0].steps.map(({ id }) => id).sort());
  assert.deepEqual(faults, []);
  await close();
});

test("a unit that never moved shows why it cannot be undone", async () => {
  const [unit] = await post("/api/serials", { pathId: job.paths[0].id, quantity: 1 });
  const { page, faults, close } = await open(`/units/${unit.id}`);
  await page.getByRole("button", { name: "Undo" }).click();
  const sentence = (await (await fetch(`${address}/api/serials/${unit.id}/undo`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).json()).message;
  await page.getByRole("alert").getByText(sentence).waitFor();
  await page.getByRole("button", { name: "Advance", exact: true }).click();
  await page.getByText("The unit was advanced").waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("a spreadsheet is shown before it is imported", async () => {
  const { page, faults, close } = await open("/");
  await page.getByRole("button", { name: "Import" }).click();
  const buffer = Buffer.from("Name;Quantity\nJOB-2024-010;20\nJOB-2024-011;about 20\n");
  await page.locator("input[type=file]").setInputFiles({ name: "jobs.csv", mimeType: "text/csv", buffer });
  await page.getByText("1 job to create").waitFor();
  await page.getByText("1 row has a fault").waitFor();
  await page.getByRole("button", { name: "Import the rows without faults" }).click();
  await page.getByText("1 job created").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("link", { name: "JOB-2024-010", exact: true }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`axe-core finds nothing, and nothing overflows, in the ${colorScheme} theme at ${width} px`, async () => {
      const [unit] = await (await fetch(`${address}/api/serials?jobId=${job.id}`)).json();
      for (const path of ["/", "/jobs/new", `/jobs/${job.id}`, `/units/${unit.id}`]) {
        const { page, close } = await open(path, { colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
        await page.locator("h1").waitFor();
        await page.evaluate(axe);
        const violations = await page.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
        assert.deepEqual(violations, [], path);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than the window`);
        await close();
      }
    });
  }
}

test("the first load is small", () => {
  const size = (name) => gzipSync(readFileSync(new URL(`../dist/${name}`, import.meta.url))).length / 1000;
  const [script, style] = [size("app.js"), size("app.css")];
  console.log(`JavaScript ${script.toFixed(1)} kB of 60, CSS ${style.toFixed(1)} kB of 12, compressed`);
  // The limits are twice the budget.
  assert.ok(script <= 120 && style <= 24, "the pages have become too large");
});
