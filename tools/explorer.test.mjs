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
    // Chromium's sandbox does not work for root, and CI runs as root.
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

// open opens the explorer in a new page, and collects its errors and its requests to other hosts.
async function open(options) {
  const page = await browser.newPage(options);
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

// execute opens an operation, presses Execute, and returns the status and the body that the page shows.
async function execute(page, operationId) {
  const block = page.locator(`[id$="-${operationId}"].opblock`);
  await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").click();
  const response = block.locator(".live-responses-table .response").first();
  await response.waitFor();
  const status = parseInt(await response.locator(".response-col_status").innerText());
  const body = await response.locator(".highlight-code pre").first().innerText({ timeout: 2000 }).catch(() => "");
  await block.locator(".opblock-summary-control").click();
  return { status, body };
}

const createJob = async (page) => (await execute(page, "createJob")).status;

const operations = Object.values(contract.paths).flatMap((path) => Object.values(path).filter((entry) => entry.operationId));

test("the explorer has every operation of the contract", async () => {
  const { page, faults } = await open();
  const shown = await page.locator(".opblock").count();
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
  assert.equal(await createJob(page), 201);
  const jobs = await (await fetch(`${address}/api/jobs`)).json();
  assert.equal(jobs.length, 1);
  assert.equal(jobs[0].name, "JOB-2024-001");
  assert.deepEqual(faults, []);
  await page.close();
});

// The explorer sends what it shows first. Requests about the example's job, path, and units find nothing in this database;
// no request may be refused for what the explorer itself filled in. This server has no Jira.
test("Execute sends a sensible request for every operation", async () => {
  const { page, faults } = await open();
  const refused = [];
  // An import asks for a file first.
  const sendable = operations.filter(({ requestBody }) => !requestBody || requestBody.content?.["application/json"]);
  for (const { operationId } of sendable) {
    const { status, body } = await execute(page, operationId);
    const isSent = status < 300 || status === 404 || body.includes("Jira is not configured");
    if (!isSent) refused.push(`${operationId}: ${status} ${body}`);
    if (operationId === "listJobs") assert.match(body, /JOB-2024-001/);
  }
  assert.deepEqual(refused, []);
  // The browser itself reports each 4xx and 5xx.
  assert.deepEqual(faults.filter((fault) => !fault.includes("Failed to load resource")), []);
  await page.close();
});

test("the event stream shows the events that arrived", async () => {
  const { page, faults } = await open();
  const block = page.locator('[id$="-listEvents"].opblock');
  await block.locator(".opblock-summary-control").click();
  await block.locator(".response-control-media-type--accept-controller select").selectOption("text/event-stream");
  await block.locator('tr[data-param-name="after"] input').fill("0");
  await block.locator("button.execute").click();
  await block.locator(".live-responses-table .response").first().waitFor();
  assert.match(await block.locator(".live-responses-table").innerText(), /job\.created/);
  assert.deepEqual(faults, []);
  await page.close();
});

test("the filter finds operations by their path and summary", async () => {
  const { page, faults } = await open();
  const filter = page.locator(".operation-filter-input");
  await filter.fill("/scrap");
  await page.locator('[id$="-createJob"].opblock').waitFor({ state: "detached" });
  const wanted = operations.filter((operation) => /scrap/i.test(operation.operationId)).length;
  assert.equal(await page.locator(".opblock").count(), wanted);
  assert.deepEqual(faults, []);
  await page.close();
});

test("each request is shown for curl, TypeScript, and Go", async () => {
  const { page, faults } = await open();
  await createJob(page);
  const block = page.locator('[id$="-createJob"].opblock');
  await block.locator(".opblock-summary-control").click();
  for (const [name, line] of [["curl", /curl -X 'POST'/], ["TypeScript", /await fetch\("http.*\/api\/jobs"/], ["Go", /http.NewRequestWithContext\(ctx, "POST"/]]) {
    await block.locator(".request-snippets .btn", { hasText: new RegExp(`^${name}$`) }).click();
    assert.match(await block.locator(".request-snippets").innerText(), line);
  }
  assert.deepEqual(faults, []);
  await page.close();
});

test("the contract can be downloaded as YAML and as JSON", async () => {
  assert.deepEqual(await (await fetch(`${address}/openapi.json`)).json(), contract);
  assert.equal(await (await fetch(`${address}/openapi.yaml`)).text(), readFileSync(new URL("../openapi.yaml", import.meta.url), "utf8"));
});

test("a phone shows the explorer without moving it sideways, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, faults } = await open({ viewport: { width: 390, height: 844 }, colorScheme });
    for (const operationId of ["createJob", "listEvents"]) {
      await page.locator(`[id$="-${operationId}"].opblock .opblock-summary-control`).click();
    }
    await page.locator('[id$="-listEvents"].opblock button.execute').waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${colorScheme}: the page is wider than the screen`);
    assert.equal(await page.evaluate(() => document.documentElement.classList.contains("dark-mode")), colorScheme === "dark");
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT.replace(/(\.\w+)$/, `-phone-${colorScheme}$1`) });
    assert.deepEqual(faults, []);
    await page.close();
  }
});

test("Authorize sends the key", async () => {
  const key = execFileSync(routecard, ["keys", "create", "--name", "explorer", "--role", "write", "--database", join(folder, "routecard.db")], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  // A server reads the keys again every five seconds.
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
  assert.equal(await createJob(page), 201);
  assert.deepEqual(faults, []);
  await page.close();
});
