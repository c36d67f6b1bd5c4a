// Uses the planner's pages of a real Routecard in the system's Chromium. `make test-web` runs it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { chromium } from "playwright-core";

import { announced, atEnd, browserArguments, call, faultsOf, findChromium, forAllTests, newContext, startServer, temporaryFolder, wantAccessible } from "./shop.mjs";

const hostile = "<img src=x onerror=document.title='run'>";
const steps = [{ name: "Saw", location: hostile }, { name: "Deburring" }, { name: "Inspection" }];

const all = forAllTests();
let address, browser, job;

before(async () => {
  ({ url: address } = await startServer(all, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(all), "routecard.db")));
  job = await post("/api/jobs/plan", { name: hostile, goalQuantity: 3, paths: [{ name: "Main Route", goalQuantity: 3, steps, quantity: 3 }] });
  browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(all, () => browser.close());
});

const post = (path, body) => call(address, "POST", path, body);
const get = (path) => call(address, "GET", path);

const reasonOf = (actions, name) => actions.find(({ action }) => action === name).reason;

// open opens a page, and collects its errors and its requests to other hosts.
async function open(path, options = {}) {
  const context = await newContext(browser, options);
  const page = await context.newPage();
  const faults = faultsOf(page, address, { isRefusedExpected: true });
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

test("the insights of any job are found by searching with the keyboard, and open from the job's page", async () => {
  const [first, second] = [await post("/api/jobs", { name: "JOB-2024-050", goalQuantity: 1, externalId: "PO-50" }), await post("/api/jobs", { name: "JOB-2024-051", goalQuantity: 1 })];
  const { page, faults, close } = await open(`/jobs/${first.id}`);
  await page.getByRole("main").getByRole("link", { name: "Insights" }).click();
  await page.waitForURL(`${address}/insights?job=${first.id}`);
  const field = page.getByRole("combobox", { name: "Job", exact: true });
  await page.waitForFunction((name) => document.querySelector("[role=combobox]").value === name, first.name);

  // Enter comes before the answer to the text.
  await page.keyboard.press("/");
  await page.keyboard.type("2024-051");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${address}/insights?job=${second.id}`);
  assert.equal(await field.inputValue(), second.name);

  await page.keyboard.type("2024-050");
  await page.getByRole("option", { name: "JOB-2024-050 PO-50" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await field.inputValue(), second.name);
  await page.getByText("Nothing happened in this period").first().waitFor();

  await page.keyboard.press("ArrowDown");
  await page.getByRole("option", { name: "All jobs" }).waitFor();
  await page.getByRole("option", { name: "JOB-2024-050 PO-50" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${address}/insights`);
  assert.equal(await field.inputValue(), "All jobs");
  await wantAccessible(page, "the insights");
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
  await announced(page, "Main Route was saved");
  const saved = await (await fetch(`${address}/api/paths/${path}`)).json();
  assert.deepEqual(saved.steps.map(({ name }) => name), ["Saw", "Inspection", "Deburring"]);
  assert.deepEqual(saved.steps.map(({ id }) => id).sort(), job.paths[0].steps.map(({ id }) => id).sort());
  assert.deepEqual(faults, []);
  await close();
});

test("a step that units stand at cannot be removed, and the reason stands at that step", async () => {
  const plan = await post("/api/jobs/plan", { name: "JOB-2024-030", goalQuantity: 2, paths: [{ name: "Main Route", goalQuantity: 2, steps, quantity: 2 }] });
  const { page, faults, close } = await open(`/jobs/${plan.id}`);
  await page.getByRole("button", { name: "Edit path" }).click();
  await page.getByRole("textbox", { name: "Step", exact: true }).nth(1).fill("Deburring by hand");
  await page.getByRole("button", { name: "Remove Saw" }).click();
  await page.getByText("Saw cannot be removed while 2 units stand there").waitFor();
  // A busy computer draws late. The focus is at the refusal as soon as it can be read.
  await page.evaluate(() => {
    window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 500);
  });
  await page.getByRole("button", { name: "Save path" }).click();
  await page.locator(".step-refused").filter({ has: page.getByRole("button", { name: "Put Saw back" }) }).getByText("Cannot remove step Saw: 2 unit(s) in progress stand there").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.value === "Saw");
  await page.getByRole("button", { name: "Save path" }).click();
  await announced(page, "Main Route was saved");
  const saved = await get(`/api/paths/${plan.paths[0].id}`);
  assert.deepEqual(saved.steps.map(({ name }) => name), ["Saw", "Deburring by hand", "Inspection"]);
  assert.deepEqual(faults, []);
  await close();
});

test("what is wrong with a step, or was changed there by somebody else, stands at the step", async () => {
  const plan = await post("/api/jobs/plan", { name: "JOB-2024-031", goalQuantity: 2, paths: [{ name: "Main Route", goalQuantity: 2, steps }] });
  const path = plan.paths[0];
  const { page, faults, close } = await open(`/jobs/${plan.id}`);
  await page.getByRole("button", { name: "Edit path" }).click();
  const row = (place) => page.locator(".step-row").nth(place);
  const name = (place) => row(place).getByRole("textbox", { name: "Step", exact: true });
  await name(2).fill("");
  await page.getByRole("button", { name: "Save path" }).click();
  await row(2).getByText("steps.2.name").waitFor();
  assert.equal(await name(2).getAttribute("aria-invalid"), "true");
  await name(2).fill("Final inspection");
  const [saw, deburring, inspection] = path.steps;
  const theirs = [{ id: saw.id, name: "Band saw" }, { id: inspection.id, name: "Inspection" }, { name: "Wash" }];
  await call(address, "PUT", `/api/paths/${path.id}`, { goalQuantity: 5, steps: theirs });
  await page.getByRole("button", { name: "Save path" }).click();
  await row(0).getByText("Changed by somebody else: Step Band saw").waitFor();
  await row(1).getByText("Removed by somebody else. Your edit adds it again as a new step").waitFor();
  await page.getByText("Changed by somebody else to 5").waitFor();
  assert.equal(await name(2).inputValue(), "Final inspection");
  await page.getByRole("button", { name: "Put Wash back" }).click();
  await page.getByRole("button", { name: "Save my edit" }).click();
  await announced(page, "Main Route was saved");
  const saved = await get(`/api/paths/${path.id}`);
  assert.deepEqual(saved.steps.map(({ name }) => name), ["Saw", "Deburring", "Wash", "Final inspection"]);
  assert.deepEqual([saved.steps[0].id, saved.steps[3].id], [saw.id, inspection.id]);
  assert.notEqual(saved.steps[1].id, deburring.id);
  assert.deepEqual(faults, []);
  await close();
});

// How a person drags from one place to another: with the mouse, and with a finger.
const drags = {
  "the mouse": async (page, from, to) => {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
  },
  "a finger": async (page, from, to) => {
    const session = await page.context().newCDPSession(page);
    const touch = (type, ...touchPoints) => session.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", from);
    for (let part = 1; part <= 8; part++) await touch("touchMove", { x: from.x, y: from.y + ((to.y - from.y) * part) / 8 });
    await touch("touchEnd");
  },
};
for (const [how, drag] of Object.entries(drags)) {
  test(`a step that is dragged with ${how} keeps its id`, async () => {
    const plan = await post("/api/jobs/plan", { name: `JOB-2024-033 ${how}`, goalQuantity: 2, paths: [{ name: "Main Route", goalQuantity: 2, steps: [...steps, { name: "Packing" }] }] });
    const [path] = plan.paths;
    const { page, faults, close } = await open(`/jobs/${plan.id}`, { hasTouch: how === "a finger" });
    await page.getByRole("button", { name: "Edit path" }).click();
    const names = () => page.getByRole("textbox", { name: "Step", exact: true }).evaluateAll((fields) => fields.map(({ value }) => value));
    const grip = async (place) => {
      const { x, y, width, height } = await page.locator(".step-grip").nth(place).boundingBox();
      return { x: x + width / 2, y: y + height / 2 };
    };
    await drag(page, await grip(3), await grip(1));
    assert.deepEqual(await names(), ["Saw", "Packing", "Deburring", "Inspection"]);
    await drag(page, await grip(0), await grip(2));
    assert.deepEqual(await names(), ["Packing", "Deburring", "Saw", "Inspection"]);
    assert.equal(await page.locator(".is-dragged").count(), 0);
    await page.getByRole("button", { name: "Save path" }).click();
    await announced(page, "Main Route was saved");
    const saved = await get(`/api/paths/${path.id}`);
    const [saw, deburring, inspection, packing] = path.steps;
    assert.deepEqual(saved.steps.map(({ id }) => id), [packing, deburring, saw, inspection].map(({ id }) => id));
    assert.deepEqual(faults, []);
    await close();
  });
}

test("the steps of a path are saved as a template", async () => {
  const { page, faults, close } = await open(`/jobs/${job.id}`);
  await page.getByRole("button", { name: "Edit path" }).click();
  await page.getByRole("button", { name: "Save as template" }).click();
  const dialog = page.getByRole("dialog", { name: "Save as template" });
  await dialog.getByLabel("Template name").fill("");
  await dialog.getByRole("button", { name: "Save template" }).click();
  await dialog.getByRole("alert").getByText("name is required").waitFor();
  await dialog.getByLabel("Template name").fill(hostile);
  await dialog.getByRole("button", { name: "Save template" }).click();
  await announced(page, `Template ${hostile} was saved`);
  const template = (await get("/api/templates")).find(({ name }) => name === hostile);
  const path = await get(`/api/paths/${job.paths[0].id}`);
  assert.deepEqual(template.steps.map(({ name, location }) => [name, location]), path.steps.map(({ name, location }) => [name, location]));
  assert.deepEqual(faults, []);
  await close();
});

test("the burn-up shows completed units against the goal and the due date", async () => {
  const plan = await post("/api/jobs/plan", {
    name: "JOB-2024-032",
    goalQuantity: 4,
    dueDate: "2035-12-01",
    paths: [{ name: "Main Route", goalQuantity: 4, steps: [{ name: "Saw" }], quantity: 3 }],
  });
  const [unit] = await get(`/api/serials?jobId=${plan.id}`);
  await post(`/api/serials/${unit.id}/advance`, {});
  const { page, faults, close } = await open(`/jobs/${plan.id}`);
  const figure = page.getByRole("region", { name: "Burn-up", exact: true });
  await figure.locator("canvas").waitFor();
  await figure.getByText("Show the numbers").click();
  await figure.getByRole("columnheader", { name: "Needed for the due date" }).waitFor();
  const download = page.waitForEvent("download");
  await figure.getByRole("button", { name: "Download as CSV" }).click();
  const rows = readFileSync(await (await download).path(), "utf8").trim().split("\r\n").map((row) => row.split(","));
  assert.deepEqual(rows[0], ["Until", "Completed", "Goal", "Needed for the due date"]);
  // The last rows are now and the due date.
  assert.deepEqual([rows.at(-2).slice(1), rows.at(-1).slice(1)], [["1", "4", "0"], ["", "4", "4"]]);
  assert.deepEqual(faults, []);
  await close();
});

test("the unit page shows what is not possible with the server's reason, and carries out what is", async () => {
  const [unit] = await post("/api/serials", { pathId: job.paths[0].id, quantity: 1 });
  const { page, faults, close } = await open(`/units/${unit.id}`);
  const { actions, steps } = await get(`/api/serials/${unit.id}`);
  await page.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Undo", exact: true, disabled: true }) }).getByText(reasonOf(actions, "undo")).waitFor();
  await page.getByText(`at ${hostile}`).waitFor();

  await page.getByRole("button", { name: `Make optional: ${steps[1].stepName}`, exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make optional" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText("reason is required").waitFor();
  await page.getByRole("textbox", { name: "Reason" }).fill("Customer agreed");
  await page.keyboard.press("Enter");
  await announced(page, "The step is now optional for this unit");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: `Make required again: ${steps[1].stepName}`, exact: true }).click();
  await announced(page, "The step is required again for this unit");

  await page.getByRole("button", { name: "Add note" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill(hostile);
  await page.getByRole("dialog").getByRole("button", { name: "Add note" }).click();
  await announced(page, "The note was added");

  await page.getByRole("button", { name: "Advance", exact: true }).click();
  await announced(page, "The unit was advanced");
  await page.getByRole("button", { name: "Scrap", exact: true }).click();
  await page.getByLabel("Explanation").fill("Fell down");
  await page.getByRole("dialog").getByRole("button", { name: "Damaged" }).click();
  await page.getByText("Scrapped: Damaged. Fell down").waitFor();
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await announced(page, "The last change was undone");
  assert.deepEqual(faults, []);
  await close();

  const after = await get(`/api/serials/${unit.id}`);
  assert.deepEqual([after.status, after.currentStepIndex], ["in_progress", 1]);
});

test("an undo takes back what the page has shown, and never the move of a colleague", async () => {
  const [unit] = await post("/api/serials", { pathId: job.paths[0].id, quantity: 1 });
  await post(`/api/serials/${unit.id}/advance`, {});
  const { page, faults, close } = await open(`/units/${unit.id}`);
  // The page does not get the event of the colleague's move before it sends its own undo.
  await page.route("**/undo", async (undo) => {
    await post(`/api/serials/${unit.id}/advance`, {});
    await undo.continue();
  });
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await page.getByRole("alert").waitFor();
  assert.equal((await get(`/api/serials/${unit.id}`)).currentStepIndex, 2);
  assert.deepEqual(faults, []);
  await close();
});

test("a unit that was created by mistake is deleted", async () => {
  const [unit] = await post("/api/serials", { pathId: job.paths[0].id, quantity: 1 });
  const { page, faults, close } = await open(`/units/${unit.id}`);
  await page.getByRole("button", { name: "Delete unit" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete unit" }).click();
  await page.waitForURL(`${address}/jobs/${job.id}`);
  assert.equal((await fetch(`${address}/api/serials/${unit.id}`)).status, 404);
  assert.deepEqual(faults, []);
  await close();
});

test("after a change, only the units in view are loaded again, and the others when they are in view", async () => {
  const plan = await post("/api/jobs/plan", { name: "JOB-2024-060", goalQuantity: 1200, paths: [{ name: "Main Route", goalQuantity: 1200, steps, quantity: 1200 }] });
  const units = (await get(`/api/serials?jobId=${plan.id}`)).map(({ id }) => id);
  const { page, faults, close } = await open(`/jobs/${plan.id}`);
  const row = (unit) => page.getByRole("row").filter({ has: page.getByRole("link", { name: unit, exact: true }) });
  await row(units[0]).waitFor();
  await page.waitForFunction(() => {
    scrollTo(0, document.documentElement.scrollHeight);
    return document.documentElement.scrollHeight > 1200 * 50;
  });
  await row(units.at(-1)).waitFor();

  const asked = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/api/serials") asked.push(searchParams.get("cursor"));
  });
  for (const unit of [units[1], units.at(-1)]) await post(`/api/serials/${unit}/advance`, {});
  await row(units.at(-1)).getByRole("cell", { name: "Deburring" }).waitFor();
  assert.equal(new Set(asked).size, 1, `only the last of three pages is loaded again: ${asked}`);
  assert.notEqual(asked[0], null);

  // New units come to the top, and a unit there was deleted.
  const added = await post("/api/serials", { pathId: plan.paths[0].id, quantity: 3 });
  await call(address, "DELETE", `/api/serials/${units[2]}`);
  await page.getByRole("link", { name: /1\. Saw\s*1,?200/ }).waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  await row(units[1]).getByRole("cell", { name: "Deburring" }).waitFor();
  await row(units[2]).waitFor({ state: "detached" });
  assert.equal(await page.locator(".unit-table tbody th").first().innerText(), added.at(-1).id);
  await page.waitForFunction(() => {
    scrollTo(0, document.documentElement.scrollHeight);
    return document.documentElement.scrollHeight > 1200 * 50;
  });
  await row(units.at(-1)).getByRole("cell", { name: "Deburring" }).waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("the commands for many units name the step and the events that the page has shown", async () => {
  const plan = await post("/api/jobs/plan", { name: "JOB-2024-020", goalQuantity: 4, paths: [{ name: "Main Route", goalQuantity: 4, advancementMode: "flexible", steps, quantity: 3 }] });
  const units = await get(`/api/serials?jobId=${plan.id}`);
  const { page, faults, close } = await open(`/jobs/${plan.id}`);
  await page.getByText("No forecast").waitFor();
  assert.equal(await page.getByRole("main").getByRole("link", { name: "Labels" }).getAttribute("href"), `/labels?job=${plan.id}`);

  // A colleague moves a unit after the page has read it: it is left alone, and the other two are changed.
  for (const [command, name] of [["advance", "Advance"], ["undo", "Undo"]]) {
    await page.route(`**/api/serials/${command}`, async (request) => {
      await post(`/api/serials/${units[0].id}/advance`, {});
      await request.continue();
    });
    await page.getByLabel("Select all units in the list").check();
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByText("2 units changed").waitFor();
    await page.getByText("1 unit not changed:").waitFor();
    await page.getByText("1 unit selected").waitFor();
    const after = await Promise.all(units.map(({ id }) => get(`/api/serials/${id}`)));
    assert.deepEqual(after.map(({ currentStepIndex }) => currentStepIndex), command === "advance" ? [1, 1, 1] : [2, 0, 0]);
  }

  await page.getByRole("button", { name: "Clear selection" }).click();
  await page.getByLabel(`Select ${units[1].id}`).check();
  await page.getByRole("button", { name: "Advance to…" }).click();
  await page.getByRole("dialog").getByLabel("Step").selectOption("Inspection");
  await page.getByRole("dialog").getByRole("button", { name: "Advance" }).click();
  await page.getByText("1 unit changed").waitFor();
  assert.equal((await get(`/api/serials/${units[1].id}`)).currentStepIndex, 2);

  await page.getByLabel(`Select ${units[2].id}`).check();
  await page.getByRole("button", { name: "Make step optional" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make step optional" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText("reason is required").waitFor();
  await page.getByRole("dialog").getByLabel("Step").selectOption("Deburring");
  await page.getByRole("textbox", { name: "Reason" }).fill("Customer agreed");
  await page.getByRole("dialog").getByRole("button", { name: "Make step optional" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal((await get(`/api/serials/${units[2].id}`)).steps[1].overridden, true);

  await page.getByLabel(`Select ${units[2].id}`).check();
  await page.getByRole("button", { name: "Add note" }).click();
  await page.getByRole("textbox", { name: "Note" }).fill("Measured twice");
  await page.getByRole("dialog").getByRole("button", { name: "Add note" }).click();
  await page.getByText("Measured twice").waitFor();
  assert.deepEqual(faults, []);
  await close();
});

test("the fields of a job are edited, and an edit of a colleague is not overwritten", async () => {
  const edited = await post("/api/jobs", { name: "JOB-2024-021", goalQuantity: 5 });
  const { page, faults, close } = await open(`/jobs/${edited.id}`);
  await page.getByRole("button", { name: "Edit job" }).click();
  await page.getByLabel("Goal quantity").fill("0");
  await page.getByRole("button", { name: "Save job" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("Goal quantity").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Goal quantity").fill("8");
  await page.getByLabel("Due date").fill("2030-12-01");
  await page.getByLabel("Priority").selectOption("urgent");
  const noted = await fetch(`${address}/api/jobs/${edited.id}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ notes: hostile }) });
  assert.equal(noted.status, 200);
  await page.getByRole("button", { name: "Save job" }).click();
  await page.getByText("Somebody else has changed this job.").waitFor();
  await page.getByRole("button", { name: "Save job" }).click();
  await announced(page, "Job JOB-2024-021 was saved");
  const { goalQuantity, dueDate, priority, notes } = await get(`/api/jobs/${edited.id}`);
  assert.deepEqual({ goalQuantity, dueDate, priority, notes }, { goalQuantity: 8, dueDate: "2030-12-01", priority: "urgent", notes: hostile });
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
