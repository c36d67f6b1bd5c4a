// Functions for the tests of the pages: start a server, open a browser, and operate a station.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request as forward, STATUS_CODES } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

// Chromium's sandbox does not work for root, and CI runs as root.
export const browserArguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** How long a test waits for what must happen, in milliseconds. */
export const patience = 120_000;

export function findChromium() {
  const path = process.env.CHROMIUM ?? browsers.find(existsSync);
  assert.ok(path, "Chromium is missing, and the pages are tested in it: install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  return path;
}

const endsOf = new WeakMap();

// atEnd calls a function at the end of the test, and the last one first: a server stops before its folder is removed. All are called, even
// if one fails: a server that goes on would keep Node.js from ending.
export const atEnd = (t, end) => (endsOf.get(t) ?? register(t)).push(end);

function register(t) {
  const ends = [];
  endsOf.set(t, ends);
  t.after(async () => {
    const errors = [];
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.join("\n"));
  });
  return ends;
}

// forAllTests stands for the test in the functions below, where all tests of a file use the same thing.
export function forAllTests() {
  const all = { after };
  register(all);
  return all;
}

// temporaryFolder returns a folder that is removed at the end of the test.
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "routecard-pages-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

// startServer starts Routecard with the arguments, and returns its URL when it responds. The server stops at the end of the test, or when
// `stop` is called. `kill` ends it like a crash.
export async function startServer(t, ...args) {
  const server = spawn(process.env.ROUTECARD_BINARY, args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const end = (signal) => async () => {
    if (server.exitCode === null && server.signalCode === null) server.kill(signal);
    await ended;
  };
  const stop = end("SIGTERM");
  atEnd(t, stop);
  const url = await new Promise((resolve, reject) => {
    let log = "";
    server.once("exit", () => reject(new Error(`Routecard ended:\n${log}`)));
    server.stderr.on("data", (piece) => {
      log += piece;
      const serving = /"msg":"serving","url":"([^"]+)"/.exec(log);
      if (serving) resolve(serving[1]);
    });
  });
  return { url, stop, kill: end("SIGKILL") };
}

// startProxy starts a reverse proxy in front of the server at `target`. `treat` returns, for each request, "pass", "drop"
// (the server does not get it), or "lose" (the server gets it, and its response is lost). For a dropped request or a lost response, the
// proxy responds with `status` and an HTML page, as proxies do during an outage. `change` sets these, and closes open connections.
export async function startProxy(t, target) {
  const proxy = { target, status: 502, treat: () => "pass" };
  const server = createServer((request, response) => {
    const treatment = proxy.treat(request);
    const answerItself = () => {
      response.writeHead(proxy.status, { "Content-Type": "text/html" });
      response.end(`<html><body><h1>${STATUS_CODES[proxy.status]}</h1></body></html>`);
    };
    if (treatment === "drop") return answerItself();
    const { hostname, port } = new URL(proxy.target);
    const passed = forward({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      if (treatment === "lose") return answer.resume().once("end", answerItself);
      response.writeHead(answer.statusCode, answer.headers);
      answer.once("error", () => response.destroy()).pipe(response);
    });
    passed.once("error", () => response.destroy());
    response.once("close", () => passed.destroy());
    request.pipe(passed);
  });
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const change = (changes) => {
    Object.assign(proxy, changes);
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, change };
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

// setUp sets the station up in its form.
export async function setUp(page, url, location, operator, mode = "Advance") {
  await page.goto(`${url}/floor`);
  await page.getByLabel("Location", { exact: true }).selectOption(location);
  await page.getByLabel("Operator").fill(operator);
  await page.getByRole("radio", { name: new RegExp(`^${mode}`) }).check();
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByLabel("Scan or type a serial number").waitFor();
}

/** The times between two keys of a scanner and of a person, in milliseconds. */
const scannerGap = 5;
const typingGap = 150;
/** The shortest time between two scans, in milliseconds. */
const scanPause = 200;

const keyboards = new WeakMap();

// pressKeys presses the characters and Enter. Each key carries its time, as the keys of a real keyboard do, so that a busy machine
// that delivers them late does not change how far apart they are.
async function pressKeys(page, text, gap) {
  if (!keyboards.has(page)) keyboards.set(page, { session: await page.context().newCDPSession(page), last: 0 });
  const keyboard = keyboards.get(page);
  let at = Math.max(Date.now() - gap * text.length, keyboard.last + scanPause);
  const sent = [];
  for (const character of [...text, "\r"]) {
    const key = character === "\r" ? { key: "Enter", code: "Enter" } : { key: character, code: character === " " ? "Space" : "" };
    // The codes of other characters are those of editing keys, such as Delete.
    const windowsVirtualKeyCode = /[a-z0-9 \r]/i.test(character) ? character.toUpperCase().charCodeAt(0) : 0;
    const common = { ...key, windowsVirtualKeyCode, timestamp: at / 1000 };
    sent.push(keyboard.session.send("Input.dispatchKeyEvent", { ...common, type: "keyDown", text: character }));
    sent.push(keyboard.session.send("Input.dispatchKeyEvent", { ...common, type: "keyUp" }));
    keyboard.last = at;
    at += gap;
  }
  await Promise.all(sent);
}

// scan types as a scanner does: fast, and with Enter at the end.
export const scan = (page, text) => pressKeys(page, text, scannerGap);

// typeSlowly types as a person does, and presses Enter.
export const typeSlowly = (page, text) => pressKeys(page, text, typingGap);

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

// faultsOf collects the errors of a page and its requests to other hosts. The browser logs refused requests as
// errors; `isRefusedExpected` leaves them out.
export function faultsOf(page, url, { isRefusedExpected = false } = {}) {
  const faults = [];
  page.on("console", (message) => {
    if (message.type() !== "error" || (isRefusedExpected && message.text().startsWith("Failed to load resource"))) return;
    faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (/^https?:$/.test(target.protocol) && target.origin !== url) faults.push(`request to ${target.origin}`);
  });
  return faults;
}

// newContext returns a new browser context with long timeouts, for busy machines. It records the announcements of the pages.
// It has no service workers unless the test allows them: a test sees no requests that go through one.
export async function newContext(browser, options = {}) {
  const context = await browser.newContext({ serviceWorkers: "block", ...options });
  await prepareContext(context);
  return context;
}

export async function prepareContext(context) {
  context.setDefaultTimeout(patience);
  await context.addInitScript(() => {
    let last = "";
    globalThis.announcements = [];
    new MutationObserver(() => {
      const text = document.querySelector(".announcement")?.textContent ?? "";
      if (text !== last && text !== "") globalThis.announcements.push(text);
      last = text;
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

// announced waits until the page has announced the text. An announcement goes away after some seconds, so it is not read on the page.
export async function announced(page, text) {
  await page.waitForFunction((wanted) => globalThis.announcements.includes(wanted), text);
  await page.evaluate((wanted) => globalThis.announcements.splice(0, globalThis.announcements.indexOf(wanted) + 1), text);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// wantAccessible fails if axe-core finds something on the page.
export async function wantAccessible(page, about) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), [], about);
}
