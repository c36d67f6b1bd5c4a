// Opens /docs of a real Routecard in the system's Chromium, as a newcomer would, and uses it. `make test-browser` runs it.
import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
const routecard = process.env.ROUTECARD_BINARY;
const contract = JSON.parse(readFileSync(new URL("../gen/openapi.json", import.meta.url)));

let folder, server, address, browser;

before(async () => {
  const executablePath = process.env.CHROMIUM ?? browsers.find(existsSync);
  assert.ok(executablePath, "Chromium is missing, and the explorer is tested in it: install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  folder = mkdtempSync(join(tmpdir(), "routecard-explorer-"));
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
  browser = await chromium.launch({
    executablePath,
    // Chromium's sandbox does not work for root, which is who CI is.
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
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

// open shows the explorer in a fresh page, and collects what must not happen there.
async function open() {
  const page = await browser.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== address) faults.push(`request to ${url.origin}`);
  });
  await page.goto(`${address}/docs`);
  await page.waitForSelector(".opblock");
  return { page, faults };
}

// createJob runs Create Job with "Try it out" and returns the status that the page shows.
async function createJob(page) {
  const block = page.locator("#operations-Jobs-createJob");
  await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").click();
  const status = block.locator(".live-responses-table .response .response-col_status").first();
  await status.waitFor();
  return (await status.innerText()).trim();
}

test("every operation of the contract is there", async () => {
  const { page, faults } = await open();
  const shown = await page.locator(".opblock").count();
  const operations = Object.values(contract.paths).flatMap((path) => Object.values(path).filter((entry) => entry.operationId));
  assert.equal(shown, operations.length);
  for (const { operationId } of operations) {
    assert.equal(await page.locator(`[id$="-${operationId}"].opblock`).count(), 1, operationId);
  }
  assert.deepEqual(faults, []);
  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: false });
  await page.close();
});

test("Create Job can be tried out", async () => {
  const { page, faults } = await open();
  assert.match(await createJob(page), /^201/);
  const jobs = await (await fetch(`${address}/api/jobs`)).json();
  assert.equal(jobs.length, 1);
  assert.equal(jobs[0].name, "JOB-2024-001");
  assert.deepEqual(faults, []);
  await page.close();
});

test("Authorize sends the key", async () => {
  const key = execFileSync(routecard, ["keys", "create", "--name", "explorer", "--role", "write", "--database", join(folder, "routecard.db")], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  // A server goes by the keys that it knows for up to five seconds.
  const deadline = Date.now() + 15_000;
  while ((await fetch(`${address}/api/jobs`)).status !== 401) {
    assert.ok(Date.now() < deadline, "the first key did not close the API");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { page, faults } = await open();
  await page.locator("button.authorize").first().click();
  await page.locator(".auth-container input").fill(key);
  await page.locator(".auth-btn-wrapper button.authorize").click();
  await page.locator(".auth-btn-wrapper button.btn-done").click();
  assert.match(await createJob(page), /^201/);
  assert.deepEqual(faults, []);
  await page.close();
});
