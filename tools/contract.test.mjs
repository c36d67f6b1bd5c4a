// Shows that the guards of the contract guard it: `make contract-lint` fails for each thing that is taken out of a copy of
// openapi.yaml or spoiled there, and `make contract-diff` tells a change that breaks clients from one that does not.
// `make test-guards` runs it.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const contract = readFileSync(join(root, "openapi.yaml"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "routecard-contract-"));
after(() => rmSync(folder, { recursive: true }));

// spoil changes one place of the contract, which must be there.
function spoil(find, put) {
  const changed = contract.replace(find, put);
  assert.notEqual(changed, contract, `${find} is not in openapi.yaml`);
  return changed;
}

// run returns the exit code and everything that was printed.
function run(command, args, options) {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, env: { ...process.env, REDOCLY_TELEMETRY: "off", NO_COLOR: "1", ...options.env } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, text: stdout + stderr }));
  });
}

describe("contract-lint", { concurrency: 2 }, () => {
  // lint checks a copy by the same rules.
  async function lint(name, source) {
    const copy = join(folder, `lint ${name}`);
    mkdirSync(join(copy, "tools"), { recursive: true });
    cpSync(join(root, "redocly.yaml"), join(copy, "redocly.yaml"));
    cpSync(join(root, "tools/redocly-rules.js"), join(copy, "tools/redocly-rules.js"));
    writeFileSync(join(copy, "openapi.yaml"), source);
    return run(join(root, "tools/node_modules/.bin/redocly"), ["lint", "--config", "redocly.yaml", "--format", "json"], { cwd: copy });
  }

  // Each takes something out or spoils it, and names the rule that finds it.
  const faults = [
    ["an operation without a description", /(summary: Create a job\n) {6}description: \|\n(?: {8}.*\n)+/, "$1", "operation-description"],
    ["an operation without a summary", "      summary: Create a job\n", "", "operation-summary"],
    ["an operation without a name", "      operationId: createJob\n", "", "operation-operationId"],
    ["a name that is no verb and noun", "operationId: createJob\n", "operationId: jobs\n", "rule/operation-id-style"],
    ["an operation whose tag nobody has defined", "tags: [Jobs]\n", "tags: [Orders]\n", "operation-tag-defined"],
    ["an operation without any error", /(operationId: getJob\n[^]*?)( {8}'400':[^]*?)( {8}'500')/, "$1$3", "operation-4xx-response"],
    ["a tag without a description", /(- name: Events\n) {4}description: .*\n/, "$1", "tag-description"],
    ["a parameter without a description", /(name: jobId\n {6}in: path\n {6}required: true\n) {6}description: .*\n/, "$1", "parameter-description"],
    ["a property without a description", / {10}description: Units completed, forced completions included.\n/, "", "house/described"],
    ["a schema without a description", / {6}description: One production order.\n/, "", "house/described"],
    ["a header without a description", / {6}description: Where the new thing can be read.\n/, "", "house/described"],
    ["a scalar without an example", /(description: Units that stand at a step.\n) {10}example: 28\n/, "$1", "scalar-property-missing-example"],
    ["an example of the wrong type", "        goalQuantity: 50\n        jiraTicketKey: PI-42\n", "        goalQuantity: fifty\n        jiraTicketKey: PI-42\n", "no-invalid-media-type-examples"],
    ["an example with a typing error", "        jiraPartNumber: ALU-HOUSING-7075\n", "        jiraPartNo: ALU-HOUSING-7075\n", "no-invalid-media-type-examples"],
    ["an example whose time has no milliseconds", "createdAt: '2024-01-15T10:30:00.000Z'", "createdAt: '2024-01-15T10:30:00Z'", "no-invalid-media-type-examples"],
    ["a schema whose example does not match", "example: job_01h455vb4pex5vsknk084sn02q\n    Timestamp", "example: 7\n    Timestamp", "no-invalid-schema-examples"],
    ["a string of any length that comes in", /(JobName:\n {6}type: string\n {6}minLength: 1\n) {6}maxLength: 10000\n/, "$1", "house/incoming-bounds"],
    ["a number of any size that comes in", /(GoalQuantity:\n[^]*?) {6}maximum: 9007199254740991\n/, "$1", "house/incoming-bounds"],
    ["a component that nobody uses", "  schemas:\n", "  schemas:\n    Spare:\n      type: string\n      description: Spare.\n      example: x\n", "no-unused-components"],
    ["a parameter that is said twice", /( {8}- )\$ref: '#\/components\/parameters\/IdempotencyKey'\n([^]*?)\1\$ref: '#\/components\/parameters\/IdempotencyKey'\n/, "$1{name: z, in: query, description: x, schema: {type: string, maxLength: 9, example: x}}\n$2$1{name: z, in: query, description: x, schema: {type: string, maxLength: 9, example: x}}\n", "house/unrepeated"],
    ["a property that is not in camel case", "        totalGoal:\n", "        total_goal:\n", "rule/camel-case-properties"],
  ];

  test("the contract as it is", async () => {
    const { code, text } = await lint("as it is", contract);
    assert.equal(code, 0, text);
  });
  for (const [name, find, put, rule] of faults) {
    test(name, async () => {
      const { code, text } = await lint(name, spoil(find, put));
      assert.notEqual(code, 0, "the linter is content");
      assert.ok(text.includes(`"ruleId": "${rule}"`), `${rule} did not find it:\n${text}`);
    });
  }
});

describe("contract-diff", () => {
  // diff compares a changed contract with the real one, in a repository of its own.
  async function diff(name, { source = contract, tag = "v1.0.0", base = "" }) {
    const copy = join(folder, `diff ${name}`);
    for (const file of [".ci/contract-diff", "go.mod", "tools/go.mod", "tools/go.sum", "openapi.yaml"]) {
      cpSync(join(root, file), join(copy, file));
    }
    const git = (...args) => execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], { cwd: copy, stdio: "ignore" });
    git("init");
    git("add", "-A");
    git("commit", "-m", "x");
    if (tag) git("tag", tag);
    writeFileSync(join(copy, "openapi.yaml"), source);
    return run(".ci/contract-diff", [], { cwd: copy, env: { BASE: base } });
  }

  test("no tag", async () => {
    const { code, text } = await diff("no tag", { tag: "" });
    assert.equal(code, 0, text);
    assert.match(text, /There is no tag yet/);
  });
  test("a revision that does not exist", async () => {
    const { code, text } = await diff("no revision", { base: "v9" });
    assert.notEqual(code, 0);
    assert.match(text, /There is no revision v9/);
  });
  test("no change", async () => {
    const { code, text } = await diff("no change", {});
    assert.equal(code, 0, text);
  });

  const compatible = {
    "one more property in an answer": [
      "        pathProgress:\n", "        rate:\n          type: number\n          description: x\n          example: 1\n        pathProgress:\n", /rate/],
    "one more thing that may be sent": [
      /(JobUpdate:\n[^]*?properties:\n)/, "$1        note:\n          type: string\n          maxLength: 10\n          description: x\n          example: x\n", /note/],
  };
  for (const [name, [find, put, said]] of Object.entries(compatible)) {
    test(`compatible: ${name}`, async () => {
      const { code, text } = await diff(name, { source: spoil(find, put) });
      assert.equal(code, 0, text);
      assert.match(text, said);
    });
  }

  const breaking = {
    "a property of an answer is gone": [/ {8}totalScrapped:\n(?: {10}.*\n)+/, "", /totalScrapped/],
    "one more thing that must be sent": ["required: [name, goalQuantity]\n", "required: [name, goalQuantity, jiraTicketKey]\n", /jiraTicketKey/],
    "an optional property of an answer is gone": [/( {4}Job:\n[^]*?) {8}jiraEpicLink:\n(?: {10}.*\n)+/, "$1", /jiraEpicLink/],
    "a number that is a string": ["        totalCompleted:\n          type: integer\n          format: int64\n", "        totalCompleted:\n          type: string\n", /totalCompleted/],
    "a header is gone": ["            Location:\n              $ref: '#/components/headers/Location'\n", "", /location/i],
    "a value that nobody knows": ["enum: [in_progress, completed, scrapped]", "enum: [in_progress, completed, scrapped, lost]", /lost/],
    "a value that was allowed": ["enum: [strict, flexible, per_step]", "enum: [strict, flexible]", /per_step/],
    "an operation is gone": [/ {2}\/api\/serials\/scrap:\n(?: {4}.*\n)+/, "", /\/api\/serials\/scrap/],
    "a shorter name": [/(JobName:\n {6}type: string\n {6}minLength: 1\n {6}maxLength: )10000/, "$1100", /maxLength|length/],
  };
  for (const [name, [find, put, said]] of Object.entries(breaking)) {
    test(`breaking: ${name}`, async () => {
      const { code, text } = await diff(name, { source: spoil(find, put) });
      assert.notEqual(code, 0, `it counts as compatible:\n${text}`);
      assert.match(text, /These break programs/);
      assert.match(text, said);
    });
  }
});
