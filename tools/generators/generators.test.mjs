// Generates clients from openapi.yaml with third-party generators, compiles them strictly, and runs the same story with each
// against a real server. Each story is a program that prints the responses. Redocly's runner runs a longer story, in Arazzo.
// `make test-generators` runs this file.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const contract = join(here, "../../openapi.yaml");
const folder = mkdtempSync(join(tmpdir(), "routecard-generators-"));
after(() => rmSync(folder, { recursive: true }));

// What each story prints on a new server.
const story = `JOB-2024-001: 50 units
Main Route: Saw, CNC Machining, Deburring, Inspection
units: SN-00001, SN-00002
SN-00001 is at CNC Machining
serial.created: Saw
serial.advanced: Saw to CNC Machining
goal: 60
412: Job was changed by someone else
409: Serial number SN-00001 is no longer at Saw (step 1)
SN-00002: scrapped, damaged
closed: true, Shipped
`;

// run returns the standard output of a command. It fails with all output if the command fails.
function run(command, ...args) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd: here, maxBuffer: 1 << 26, env: { ...process.env, REDOCLY_TELEMETRY: "off" } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

const tool = (name, ...args) => run(join(here, "node_modules/.bin", name), ...args);

// withServer starts a server with a new database, passes its URL to use, and stops it.
async function withServer(use) {
  const database = join(mkdtempSync(join(folder, "server-")), "routecard.db");
  const server = spawn(process.env.ROUTECARD_BINARY, ["--addr", "127.0.0.1:0", "--database", database], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  try {
    return await use(await new Promise((resolve, reject) => {
      let log = "";
      server.once("error", reject);
      server.once("exit", () => reject(new Error(`Routecard ended:\n${log}`)));
      server.stderr.on("data", (piece) => {
        log += piece;
        const serving = /"msg":"serving","url":"([^"]+)"/.exec(log);
        if (serving) resolve(serving[1]);
      });
    }));
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

// Both languages at the same time: each spends most of its time in one compiler.
describe("clients of other people's generators", { concurrency: 2 }, () => {
  test("TypeScript", async (t) => {
    const api = join(here, "generated/swagger-typescript-api.ts");
    await t.test("generate", async () => {
      await tool("openapi-typescript", contract, "--output", "generated/openapi-typescript.ts");
      await tool("openapi-ts", "--input", contract, "--output", "generated/hey-api", "--client", "@hey-api/client-fetch");
      await tool("swagger-typescript-api", "generate", "--path", contract, "--output", "generated", "--name", "swagger-typescript-api.ts");
      // The generator turns off the type check of its own file.
      writeFileSync(api, readFileSync(api, "utf8").replace("// @ts-nocheck\n", ""));
    });
    await t.test("compile", () => tool("tsc"));
    for (const name of ["openapi-typescript", "hey-api", "swagger-typescript-api"]) {
      await t.test(name, async () => {
        assert.equal(await withServer((url) => run(process.execPath, `generated/js/stories/${name}.js`, url)), story);
      });
    }
  });

  test("Go", async (t) => {
    await t.test("generate", () => run("go", "tool", "ogen", "--config", "ogen.yml", "--loglevel", "error", "--clean", "--target", "generated/ogen", "--package", "ogen", contract));
    await t.test("compile", () => run("go", "vet", "./..."));
    await t.test("ogen", async () => {
      const program = join(folder, "ogen");
      await run("go", "build", "-o", program, "./ogen");
      assert.equal(await withServer((url) => run(program, url)), story);
    });
  });
});

test("Arazzo", async (t) => {
  const redocly = join(here, "../node_modules/.bin/redocly");
  const arazzo = join(here, "../story.arazzo.yaml");
  await t.test("lint", () => run(redocly, "lint", arazzo));
  await t.test("respect", () => withServer((url) => run(redocly, "respect", arazzo, "--server", `routecard=${url}`)));
});
