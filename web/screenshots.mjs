// Makes the screenshots of the documentation from the sample shop. `make screenshots` runs this file.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const folder = fileURLToPath(new URL("../docs/images/", import.meta.url));
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const wide = { width: 1280, height: 800 };

const shop = spawn(process.env.ROUTECARD_BINARY, ["demo", "--addr", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
const url = await new Promise((resolve, reject) => {
  let log = "";
  shop.once("exit", () => reject(new Error(`The sample shop ended:\n${log}`)));
  shop.stderr.on("data", (piece) => {
    log += piece;
    const serving = /"msg":"serving","url":"([^"]+)"/.exec(log);
    if (serving) resolve(serving[1]);
  });
});
const ask = async (path) => (await fetch(url + path)).json();
const jobs = await ask("/api/jobs?limit=100");
const job = jobs.find(({ name }) => name.startsWith("Anodized"));
const [unit] = await ask(`/api/serials?jobId=${job.id}&status=in_progress&limit=1`);

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const context = await browser.newContext({ viewport: wide, colorScheme: "light", reducedMotion: "reduce" });

// picture opens a page, waits until `ready` is on it, and takes a picture.
async function picture(name, path, ready, prepare = async () => {}) {
  const page = await context.newPage();
  await page.goto(url + path);
  await prepare(page);
  await page.locator(ready).first().waitFor();
  await page.screenshot({ path: `${folder}${name}.png` });
  await page.close();
}

await picture("jobs", "/", "main :text('Anodized front panels FP-5')");
await picture("job", `/jobs/${job.id}`, `h1:has-text("${job.name}")`);
await picture("unit", `/units/${unit.id}`, `h1:has-text("${unit.id}")`);
await picture("board", "/board", ".board-jobs tr");
await picture("insights", "/insights", ".plot canvas");
await picture("labels", `/labels?job=${job.id}`, "svg.label-code");
await picture("floor", "/floor", ".floor-answer-done", async (page) => {
  await page.getByLabel("Location", { exact: true }).selectOption("Mill 1");
  await page.getByLabel("Operator").fill("tom");
  await page.getByRole("button", { name: "Start" }).click();
  const work = await ask("/api/work?location=Mill%201&limit=1");
  const [waiting] = await ask(`/api/serials?stepId=${work[0].stepId}&limit=1`);
  await page.getByLabel("Scan or type a serial number").fill(waiting.id);
  await page.keyboard.press("Enter");
});

await browser.close();
shop.kill("SIGTERM");
