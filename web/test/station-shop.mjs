// What the tests of the station, the wall, the labels, and the insights share: a server of their own, and a browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

// Chromium's sandbox does not work for root, which is who CI is.
export const browserArguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function findChromium() {
  const path = process.env.CHROMIUM ?? browsers.find(existsSync);
  assert.ok(path, "Chromium is missing, and the pages are tested in it: install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  return path;
}

// temporaryFolder returns a folder that is removed at the end of the test.
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "routecard-pages-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

// startServer starts Routecard with the arguments, and returns its URL when it answers. The server ends with the test, or when
// `stop` is called.
export async function startServer(t, ...args) {
  const server = spawn(process.env.ROUTECARD_BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const stop = async () => {
    if (server.exitCode === null) server.kill("SIGTERM");
    await ended;
  };
  t.after(stop);
  const url = await new Promise((resolve, reject) => {
    let log = "";
    server.once("exit", () => reject(new Error(`Routecard ended:\n${log}`)));
    server.stderr.on("data", (piece) => {
      log += piece;
      const serving = /"msg":"serving","url":"([^"]+)"/.exec(log);
      if (serving) resolve(serving[1]);
    });
  });
  return { url, stop };
}

// call sends a request to the API, and returns the JSON of its response.
export async function call(url, method, path, body) {
  const response = await fetch(url + path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

// createJob creates a job with one path of these steps, each at a location of its own, and units at the first step.
export async function createJob(url, name, steps, quantity) {
  const job = await call(url, "POST", "/api/jobs", { name, goalQuantity: quantity });
  const path = await call(url, "POST", "/api/paths", {
    jobId: job.id,
    goalQuantity: quantity,
    name: "Main Route",
    steps: steps.map((step) => ({ name: step, location: `${step} bench` })),
  });
  const units = await call(url, "POST", "/api/serials", { pathId: path.id, quantity });
  return { job, path, units: units.map(({ id }) => id) };
}

// setUp sets the station up, as its first visitor does.
export async function setUp(page, url, location, operator, mode = "Advance") {
  await page.goto(`${url}/floor`);
  await page.getByLabel("Location", { exact: true }).selectOption(location);
  await page.getByLabel("Operator").fill(operator);
  await page.getByRole("radio", { name: new RegExp(`^${mode}`) }).check();
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByLabel("Scan or type a serial number").waitFor();
}

// scan types as a scanner does: fast, and with Enter at the end.
export async function scan(page, text) {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

// answer waits until the station has answered about a unit, and returns the answer.
export async function answer(page, about) {
  await page.waitForFunction(
    (wanted) => {
      const words = document.querySelector(".floor-answer")?.textContent ?? "";
      return words.includes(wanted) && !words.includes("One moment");
    },
    about,
  );
  return page.getByRole("status").first().innerText();
}

// faultsOf collects what must not happen on a page: errors, and requests to another host.
export function faultsOf(page, url) {
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (/^https?:$/.test(target.protocol) && target.origin !== url) faults.push(`request to ${target.origin}`);
  });
  return faults;
}
