// Uses the settings of a real Routecard in the system's Chromium. `make test-web` runs it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";

import { announced, atEnd, browserArguments, call, createJob, findChromium, newContext, setUp, startServer, temporaryFolder } from "./shop.mjs";

async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(t, () => browser.close());
  return browser;
}

test("templates are created, edited, refused, and deleted", async (t) => {
  const { url } = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(t), "routecard.db"));
  const browser = await openBrowser(t);
  const page = await (await newContext(browser)).newPage();
  await page.goto(`${url}/settings`);
  await page.getByText("There are no templates yet.").waitFor();
  await page.getByRole("button", { name: "New template" }).click();
  await page.getByRole("button", { name: "Save template" }).click();
  await page.getByRole("dialog").getByRole("alert").getByText("name is required").waitFor();
  assert.equal(await page.getByLabel("Template name").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Template name").fill("Milled part");
  await page.getByRole("textbox", { name: "Step", exact: true }).fill("Saw");
  await page.getByRole("button", { name: "Save template" }).click();
  await announced(page, "Template Milled part was saved");

  await page.getByRole("button", { name: "Edit Milled part" }).click();
  await page.getByRole("button", { name: "Add step" }).click();
  await page.getByRole("textbox", { name: "Step", exact: true }).nth(1).fill("Inspection");
  const [template] = await call(url, "GET", "/api/templates");
  await call(url, "PUT", `/api/templates/${template.id}`, { name: "Turned part" });
  await page.getByRole("button", { name: "Save template" }).click();
  await page.getByText("Somebody else has changed this template.").waitFor();
  await page.getByRole("button", { name: "Save template" }).click();
  await page.getByText("2 steps").waitFor();
  const saved = await call(url, "GET", `/api/templates/${template.id}`);
  assert.deepEqual([saved.name, saved.steps.map(({ name }) => name)], ["Milled part", ["Saw", "Inspection"]]);

  await page.getByRole("button", { name: "Delete Milled part" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("There are no templates yet.").waitFor();
  assert.deepEqual(await call(url, "GET", "/api/templates"), []);
});

test("the operator and the sounds of a station are changed, and the station is reset", async (t) => {
  const { url } = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(temporaryFolder(t), "routecard.db"));
  await createJob(url, "JOB-2024-001", ["Saw"], 1);
  const browser = await openBrowser(t);
  const page = await (await newContext(browser)).newPage();
  await setUp(page, url, "Saw bench", "kim");
  await page.goto(`${url}/settings`);
  await page.getByText("This device is the station Saw bench.").waitFor();
  await page.getByLabel("Operator").fill("");
  await page.getByRole("button", { name: "Save operator" }).click();
  await page.getByText("Operator is required").waitFor();
  await page.getByLabel("Operator").fill("alex");
  await page.keyboard.press("Enter");
  await announced(page, "The operator of this station is now alex");
  await page.getByLabel("Sounds on the station page").uncheck();
  await page.reload();
  assert.equal(await page.getByLabel("Operator").inputValue(), "alex");
  assert.equal(await page.getByLabel("Sounds on the station page").isChecked(), false);
  await page.getByRole("button", { name: "Reset station" }).click();
  await page.getByText("This device is not set up as a station.").waitFor();
  await page.getByRole("link", { name: "Set up the station" }).click();
  await page.getByRole("button", { name: "Start" }).waitFor();
});
