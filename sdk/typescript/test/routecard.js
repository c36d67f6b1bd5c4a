import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Creates an empty directory that is removed after the test.
 * @param {import("node:test").TestContext} t
 */
export function temporary(t) {
  const path = mkdtempSync(join(tmpdir(), "routecard-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Starts a server with an empty database on a free port, and returns its URL. The binary is ROUTECARD_BINARY, or else is built
 * here. The server stops with the test.
 * @param {import("node:test").TestContext} t
 */
export const startRoutecard = async (t) => (await startRestartable(t)).baseUrl;

/**
 * Starts a server like startRoutecard. Stop ends it, run runs another command on its database, and start starts it again at the
 * same URL.
 * @param {import("node:test").TestContext} t
 */
export async function startRestartable(t) {
  let stop = async () => {};
  // Hooks run in the order in which they are registered: the server stops before its directory is removed.
  t.after(() => stop());
  const dir = temporary(t);
  let binary = process.env.ROUTECARD_BINARY ?? "";
  if (!binary) {
    binary = join(dir, process.platform === "win32" ? "routecard.exe" : "routecard");
    execFileSync("go", ["build", "-tags", "nomsgpack", "-o", binary, "."], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  }
  const database = join(dir, "test.db");
  let server = await serve(binary, database, "127.0.0.1:0");
  stop = () => server.stop();
  return {
    baseUrl: server.baseUrl,
    stop,
    /** @param {string} command */
    run: (command) => execFileSync(binary, [command, "--database", database]),
    start: async () => {
      server = await serve(binary, database, new URL(server.baseUrl).host);
    },
  };
}

/**
 * Starts a server process and waits until it serves.
 * @param {string} binary
 * @param {string} database
 * @param {string} address
 */
async function serve(binary, database, address) {
  const server = spawn(binary, ["--addr", address, "--database", database], { stdio: ["ignore", "ignore", "pipe"] });
  const gone = new Promise((resolve) => server.once("exit", resolve));
  const stop = async () => {
    server.kill();
    await gone;
  };
  // The log has one JSON object per line. The one with the message "serving" has the URL.
  const lines = createInterface({ input: server.stderr });
  /** @type {string[]} */
  const log = [];
  const baseUrl = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      log.push(line);
      if (line.includes('"serving"')) resolve(JSON.parse(line).url);
    });
    gone.then(() => reject(new Error(`Routecard did not start:\n${log.join("\n")}`)));
  });
  return { baseUrl: /** @type {string} */ (baseUrl), stop };
}
