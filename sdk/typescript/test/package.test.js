import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { startRoutecard, temporary } from "./routecard.js";

const here = fileURLToPath(new URL("..", import.meta.url));

test("the package works in a project of its own", async (t) => {
  const project = temporary(t);
  cpSync(join(here, "test", "consumer"), project, { recursive: true });
  /** @param {string} command @param {string[]} args @param {string} cwd */
  const run = (command, args, cwd = project) => execFileSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });

  const [packed] = JSON.parse(run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], here));
  const files = packed.files.map((/** @type {{ path: string }} */ { path }) => path);
  for (const file of ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/schema.d.ts"]) {
    assert.ok(files.includes(file), `${file} is not in the package`);
  }
  assert.deepEqual(
    files.filter((/** @type {string} */ path) => !/^(dist\/(cjs\/)?\w+\.(js|d\.ts)|dist\/cjs\/package\.json|LICENSE|README\.md|package\.json)$/.test(path)),
    [],
    "the package holds more than it should",
  );
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${packed.filename}`]);

  /** @param {string} path */
  const license = (path) => readFileSync(join(here, path, "LICENSE"), "utf8");
  assert.equal(license("."), license("../.."), "the licence is not that of Routecard");

  // What the README shows must compile, too.
  const snippets = [...readFileSync(join(here, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)];
  assert.ok(snippets.length > 0);
  snippets.forEach(([, snippet = ""], n) => writeFileSync(join(project, `readme${n}.ts`), snippet));

  const tsc = [join(here, "node_modules", "typescript", "bin", "tsc"), "--project", "."];
  run(process.execPath, [...tsc, "--noEmit", "--module", "esnext", "--moduleResolution", "bundler"]);
  const [compiler = ""] = tsc;
  const older = ["--module", "commonjs", "--moduleResolution", "node10", "--esModuleInterop"];
  run(process.execPath, [compiler, "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", ...older, "older.ts"]);
  assert.equal(run(process.execPath, ["required.cjs"]), "function function\n");
  run(process.execPath, tsc);
  const output = run(process.execPath, ["main.js", await startRoutecard(t)]);
  assert.equal(output, "created JOB-2024-001\nlisted JOB-2024-001\nhappened job.created\n");
});
