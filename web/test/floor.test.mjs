// The station as an operator uses it, with a scanner, with the keyboard, and with a bad network.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

import { answer, atEnd, browserArguments, call, createJob, faultsOf, findChromium, newContext, scan, setUp, startServer, temporaryFolder, typeSlowly, wantAccessible } from "./shop.mjs";

const hostile = "<img src=x onerror=alert(1)>";

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
});
after(() => browser.close());

// open starts a server with a job, and sets a station up at its first step.
async function open(t, { quantity = 5, mode = "Advance", name = "JOB-2024-001" } = {}) {
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(t), "routecard.db"));
  const shop = await createJob(server.url, name, ["Saw", "Deburring", "Inspection"], quantity);
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page, server.url);
  await setUp(page, server.url, "Saw bench", "maria", mode);
  return { ...shop, url: server.url, page, context, faults };
}

const movesOf = async (url, serial) => (await call(url, "GET", `/api/events?serialId=${serial}`)).map((event) => `${event.type} ${event.userId}`);

test("a scan moves the unit, and a scan at another station says where it stands", async (t) => {
  const { page, url, units, faults } = await open(t);
  await scan(page, units[0]);
  assert.match(await answer(page, units[0]), /Saw → Deburring/);
  assert.deepEqual(await movesOf(url, units[0]), ["serial.created anonymous", "serial.advanced maria"]);

  await call(url, "POST", `/api/serials/${units[1]}/advance`, { userId: "tom" });
  await scan(page, units[1]);
  assert.match(await answer(page, units[1]), new RegExp(`${units[1]} stands at Deburring \\(step 2, Deburring bench\\)`));
  assert.equal((await movesOf(url, units[1])).length, 2);

  await scan(page, "SN-99999");
  assert.match(await answer(page, "SN-99999"), /Serial number not found: SN-99999/);
  assert.deepEqual(faults.filter((fault) => !fault.includes("404")), []);
});

test("a scan never presses the focused button or a shortcut, and changes no text field", async (t) => {
  const { page, url, units } = await open(t);
  await page.getByRole("button", { name: "Undo" }).focus();
  await scan(page, units[0]);
  assert.match(await answer(page, units[0]), /Saw → Deburring/);
  // A code with the characters of shortcuts and with a space.
  await page.getByRole("button", { name: "Set up" }).focus();
  await scan(page, "?/ A1");
  assert.match(await answer(page, "?/ A1"), /not found/);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Start" }).count(), 0);
  assert.deepEqual(await movesOf(url, units[0]), ["serial.created anonymous", "serial.advanced maria"]);
});

test("what is typed works without a scanner, and a button still works by keyboard", async (t) => {
  const { page, url, units } = await open(t);
  const field = page.getByLabel("Scan or type a serial number");
  await field.click();
  await typeSlowly(page, units[0].toLowerCase());
  assert.match(await answer(page, units[0]), /Saw → Deburring/);
  await field.fill(units[1]);
  await page.getByRole("button", { name: "Advance" }).click();
  assert.match(await answer(page, units[1]), /Saw → Deburring/);
  await page.getByRole("button", { name: "Undo" }).focus();
  await page.keyboard.press("Space");
  assert.match(await answer(page, "Back at Saw"), new RegExp(units[1]));
  assert.deepEqual((await movesOf(url, units[1])).slice(1), ["serial.advanced maria", "serial.undone maria"]);
});

test("undo takes back only the operator's own last move", async (t) => {
  const { page, url, units } = await open(t);
  await page.getByRole("button", { name: "Undo" }).click();
  assert.match(await answer(page, "nothing to undo"), /only what you did at this device/);
  await scan(page, units[0]);
  await answer(page, units[0]);
  await call(url, "POST", `/api/serials/${units[0]}/advance`, { userId: "tom" });
  await page.getByRole("button", { name: "Undo" }).click();
  await answer(page, units[0]);
  await page.locator(".floor-answer-refused").waitFor();
  assert.equal((await call(url, "GET", `/api/serials/${units[0]}`)).currentStepIndex, 2);
});

test("a unit is scrapped with a reason, also right after its scan has moved it", async (t) => {
  const { page, url, units } = await open(t);
  await scan(page, units[0]);
  await answer(page, units[0]);
  await page.getByRole("button", { name: "Scrap" }).click();
  await page.getByRole("button", { name: "Damaged" }).click();
  await answer(page, "Scrapped");
  const scrapped = (await call(url, "GET", "/api/events?type=serial.scrapped"))[0];
  assert.deepEqual([scrapped.serialId, scrapped.data.stepName, scrapped.data.reason], [units[0], "Saw", "damaged"]);

  await page.getByLabel("Scan or type a serial number").fill(units[1]);
  await page.getByRole("button", { name: "Scrap" }).click();
  await page.getByRole("button", { name: "Other" }).click();
  await page.getByLabel("Explanation").fill("Dropped");
  await page.getByRole("dialog").getByRole("button", { name: "Scrap" }).click();
  await answer(page, "Scrapped");
  assert.equal((await call(url, "GET", `/api/serials/${units[1]}`)).status, "scrapped");
});

test("batch collects each unit once and moves all, show changes nothing", async (t) => {
  const { page, url, units } = await open(t, { mode: "Batch" });
  for (const unit of [units[0], units[1], units[0]]) await scan(page, unit);
  await page.getByText(`${units[0]} is in the batch already`).waitFor();
  assert.equal((await call(url, "GET", "/api/events?type=serial.advanced")).length, 0);
  await page.getByRole("button", { name: "Advance", exact: true }).click();
  await answer(page, "2 done");
  assert.equal((await call(url, "GET", "/api/events?type=serial.advanced")).length, 2);

  await page.getByRole("radio", { name: "Show" }).check({ force: true });
  await scan(page, units[2]);
  assert.match(await answer(page, units[2]), /Stands here, at Saw/);
  assert.equal((await call(url, "GET", "/api/events?type=serial.advanced")).length, 2);
});

test("without a connection moves wait, and what the server refuses later is listed with its reason", async (t) => {
  const { page, context, url, units } = await open(t);
  await context.setOffline(true);
  await scan(page, units[0]);
  assert.match(await answer(page, units[0]), /Saved, and sent as soon as the server answers/);
  await scan(page, units[1]);
  await answer(page, units[1]);
  await page.getByText("2 moves wait for the connection").waitFor();
  await call(url, "POST", `/api/serials/${units[1]}/advance`, { userId: "tom" });
  await context.setOffline(false);
  const refused = page.getByRole("region", { name: "Refused by the server" });
  await refused.getByText(`${units[1]} stands at Deburring`).waitFor();
  assert.deepEqual((await movesOf(url, units[0])).slice(1), ["serial.advanced maria"]);
  assert.deepEqual((await movesOf(url, units[1])).slice(1), ["serial.advanced tom"]);
  await refused.getByRole("button", { name: "Seen" }).click();
  await refused.waitFor({ state: "detached" });
});

test("a station that is reloaded while the server is away opens, takes scans, and sends them once the server is back", async (t) => {
  const database = join(temporaryFolder(t), "routecard.db");
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", database);
  const { url } = server;
  const { units } = await createJob(url, "JOB-2024-001", ["Saw", "Deburring"], 2);
  const context = await newContext(browser, { serviceWorkers: "allow" });
  atEnd(t, () => context.close());
  const page = await context.newPage();
  await setUp(page, url, "Saw bench", "maria");
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
  await server.kill();
  await page.reload();
  await page.getByLabel("Scan or type a serial number").waitFor();
  await page.getByText(/Connection lost at \d/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Advance" }).isVisible());
  for (const unit of units) {
    await scan(page, unit);
    assert.match(await answer(page, unit), /Saved, and sent as soon as the server answers/);
  }
  // The moves that wait survive another reload.
  await page.reload();
  await page.getByText("2 moves wait for the connection").waitFor();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    return (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname)))).flat();
  });
  assert.deepEqual(kept.filter((path) => path !== "/" && !path.startsWith("/assets/")), [], "only files of the pages are kept");

  await startServer(t, "--addr", new URL(url).host, "--database", database);
  await page.getByText(/waits? for the connection/).waitFor({ state: "detached" });
  await page.getByText("Live", { exact: true }).waitFor();
  for (const unit of units) assert.deepEqual(await movesOf(url, unit), ["serial.created anonymous", "serial.advanced maria"]);
});

test("the scanner check names the characters that a keyboard layout changes", async (t) => {
  const { page } = await open(t);
  await page.getByRole("button", { name: "Scanner check" }).click();
  await page.locator("dialog svg").waitFor();
  await scan(page, "ABCXYZabcxyz0123456789ß_/.:+#");
  await page.getByRole("cell", { name: "ß" }).waitFor();
  await page.getByLabel("What the scanner types").fill("");
  await scan(page, "ABCXYZabcxyz0123456789-_/.:+#");
  await page.getByText("All characters arrive").waitFor();
});

test("a key that may only read looks units up and has no buttons", async (t) => {
  const folder = temporaryFolder(t);
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(folder, "routecard.db"));
  await createJob(server.url, hostile, ["Saw"], 1);
  const context = await newContext(browser);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  await page.route("**/api/session", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), role: "read" } });
  });
  await setUp(page, server.url, "Saw bench", "maria", "Advance");
  await page.getByText("This key may only read. Units can be looked up, but not moved.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Advance" }).count(), 0);
  assert.equal(await page.getByRole("group", { name: "A scan" }).getByRole("radio").count(), 1);
  await scan(page, "SN-00001");
  assert.match(await answer(page, "Stands here"), /<img src=x onerror=alert\(1\)>/);
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe-core finds nothing on the station in the ${colorScheme} theme`, async (t) => {
    const { page, units } = await open(t, { name: hostile });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await scan(page, units[0]);
    await answer(page, units[0]);
    for (const button of [undefined, "Scrap", "Scanner check"]) {
      if (button) await page.getByRole("button", { name: button, exact: true }).click();
      if (button === "Scrap") await page.getByRole("dialog").waitFor();
      await wantAccessible(page, button);
      if (button) await page.keyboard.press("Escape");
    }
  });
}
