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
export async function startRoutecard(t) {
  const dir = temporary(t);
  let binary = process.env.ROUTECARD_BINARY;
  if (!binary) {
    binary = join(dir, process.platform === "win32" ? "routecard.exe" : "routecard");
    execFileSync("go", ["build", "-tags", "nomsgpack", "-o", binary, "."], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  }
  const server = spawn(binary, ["--addr", "127.0.0.1:0", "--database", join(dir, "test.db")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = new Promise((resolve) => server.once("exit", resolve));
  t.after(async () => {
    server.kill();
    await gone;
  });
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
  return /** @type {string} */ (baseUrl);
}
