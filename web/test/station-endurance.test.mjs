// Simulates a shift at a station with faults: 300 scans with double scans, a broken network, reloads, and a killed browser. At the end
// each unit has moved exactly once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";

import { answer, atEnd, browserArguments, call, createJob, findChromium, prepareContext, scan, setUp, startServer, temporaryFolder } from "./shop.mjs";

const units = 240;
const doubleScans = 60;

// random returns numbers from 0 to 1, the same for the same seed (mulberry32).
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// startNetwork forwards connections to the server, until it is cut.
async function startNetwork(t, server) {
  const { hostname, port } = new URL(server);
  const sockets = new Set();
  let isCut = false;
  const network = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise((resolve) => network.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  atEnd(t, () => {
    cut();
    network.close();
  });
  return { url: `http://127.0.0.1:${network.address().port}`, cut, repair: () => (isCut = false) };
}

// startBrowser starts a browser that keeps its data in a folder, and that can be killed like a tablet whose battery is empty.
async function startBrowser(t, folder) {
  const child = spawn(findChromium(), [...browserArguments, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
  atEnd(t, kill);
  const endpoint = await new Promise((resolve, reject) => {
    let log = "";
    child.once("exit", () => reject(new Error(`Chromium ended:\n${log}`)));
    child.stderr.on("data", (piece) => {
      log += piece;
      const listening = /DevTools listening on (ws:\S+)/.exec(log);
      if (listening) resolve(listening[1]);
    });
  });
  const browser = await chromium.connectOverCDP(endpoint);
  const [context] = browser.contexts();
  await prepareContext(context);
  return { page: context.pages()[0] ?? (await context.newPage()), kill };
}

test("300 scans at a bad station move each unit exactly once", async (t) => {
  const folder = temporaryFolder(t);
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(folder, "routecard.db"));
  const shop = await createJob(server.url, "JOB-2024-001", ["Saw", "Deburring", "Inspection"], units);
  const network = await startNetwork(t, server.url);
  const profile = join(folder, "browser");
  let browser = await startBrowser(t, profile);
  await setUp(browser.page, network.url, "Saw bench", "maria");

  const draw = random(42);
  const scans = [...shop.units];
  // A double scan follows its first scan at once, or some scans later.
  for (let i = 0; i < doubleScans; i++) {
    const at = Math.floor(draw() * scans.length);
    scans.splice(Math.min(scans.length, at + 1 + Math.floor(draw() * 3)), 0, scans[at]);
  }
  assert.equal(scans.length, 300);

  const reload = async () => {
    await browser.page.reload();
    await browser.page.getByLabel("Scan or type a serial number").waitFor();
  };
  const waiting = () => browser.page.getByText(/moves? waits? for the connection/).waitFor();
  // What happens after the scan with this number.
  const events = new Map([
    [40, network.cut],
    [55, network.repair],
    [90, reload],
    [120, network.cut],
    [135, async () => {
      // The page is reloaded while moves wait.
      await waiting();
      network.repair();
      await reload();
    }],
    [180, network.cut],
    [200, async () => {
      await waiting();
      await browser.kill();
      network.repair();
      browser = await startBrowser(t, profile);
      await browser.page.goto(`${network.url}/floor`);
      await browser.page.getByLabel("Scan or type a serial number").waitFor();
    }],
  ]);
  for (const [i, serial] of scans.entries()) {
    await scan(browser.page, serial);
    // An operator sees the answer before the next part is in hand, except for a double scan.
    if (scans[i + 1] !== serial || events.has(i + 1)) await answer(browser.page, serial);
    await events.get(i + 1)?.();
  }

  await browser.page.getByText(/moves? waits? for the connection/).waitFor({ state: "detached" });
  const moves = await call(server.url, "GET", "/api/events?type=serial.advanced");
  const counts = new Map(shop.units.map((serial) => [serial, 0]));
  for (const move of moves) counts.set(move.serialId, counts.get(move.serialId) + 1);
  assert.deepEqual([...counts].filter(([, count]) => count !== 1), [], "units that have not moved exactly once");
  assert.ok(moves.every((move) => move.userId === "maria" && move.occurredAt !== undefined));
  const places = await call(server.url, "GET", "/api/serials");
  assert.ok(places.every((unit) => unit.currentStepIndex === 1), "every unit stands at the second step");
});
