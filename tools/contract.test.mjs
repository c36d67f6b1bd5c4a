// Tests `make contract-lint` and `make contract-diff` on changed copies of openapi.yaml: each mistake must make contract-lint
// fail, and contract-diff must fail for exactly the changes that break existing clients. `make test-guards` runs this file.
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

// change returns the contract with the first match of find replaced. It fails when nothing matches.
function change(find, replacement) {
  const changed = contract.replace(find, replacement);
  assert.notEqual(changed, contract, `${find} is not in openapi.yaml`);
  return changed;
}

// run returns the exit code and all output.
function run(command, args, options) {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, env: { ...process.env, REDOCLY_TELEMETRY: "off", NO_COLOR: "1", ...options.env } },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, text: stdout + stderr }));
  });
}

describe("contract-lint", { concurrency: 2 }, () => {
  // lint runs the linter on a copy with the rules of this repository.
  async function lint(name, source) {
    const copy = join(folder, `lint ${name}`);
    mkdirSync(join(copy, "tools"), { recursive: true });
    cpSync(join(root, "redocly.yaml"), join(copy, "redocly.yaml"));
    cpSync(join(root, "tools/redocly-rules.js"), join(copy, "tools/redocly-rules.js"));
    writeFileSync(join(copy, "openapi.yaml"), source);
    return run(join(root, "tools/node_modules/.bin/redocly"), ["lint", "--config", "redocly.yaml", "--format", "json"], { cwd: copy });
  }

  // Name, text to find, replacement, and the rule that must report the result.
  const faults = [
    ["an operation without a description", /(summary: Create a job\n) {6}description: \|\n(?: {8}.*\n)+/, "$1", "operation-description"],
    ["an operation without a summary", "      summary: Create a job\n", "", "operation-summary"],
    ["an operation without a name", "      operationId: createJob\n", "", "operation-operationId"],
    ["a name that is no verb and noun", "operationId: createJob\n", "operationId: jobs\n", "rule/operation-id-style"],
    ["an operation whose tag nobody has defined", "tags: [Jobs]\n", "tags: [Orders]\n", "operation-tag-defined"],
    ["an operation without any error", /(operationId: getJob\n[^]*?)( {8}'400':[^]*?)( {8}'500')/, "$1$3", "operation-4xx-response"],
    ["a tag without a description", /(- name: Events\n) {4}description: .*\n(?: {6}.*\n)*/, "$1", "tag-description"],
    ["a parameter without a description", /(name: jobId\n {6}in: path\n {6}required: true\n) {6}description: .*\n/, "$1", "parameter-description"],
    ["a property without a description", / {10}description: Units completed, forced completions included.\n/, "", "house/described"],
    ["a schema without a description", / {6}description: One production order.\n/, "", "house/described"],
    ["a header without a description", / {6}description: The address of the new resource.\n/, "", "house/described"],
    ["a scalar without an example", /(description: Units that stand at a step.\n) {10}example: 28\n/, "$1", "scalar-property-missing-example"],
    ["an example of the wrong type", "        goalQuantity: 50\n        jiraTicketKey: PI-42\n", "        goalQuantity: fifty\n        jiraTicketKey: PI-42\n", "no-invalid-media-type-examples"],
    ["an example with a typing error", "        jiraPartNumber: ALU-HOUSING-7075\n", "        jiraPartNo: ALU-HOUSING-7075\n", "no-invalid-media-type-examples"],
    ["a schema whose example does not match", "example: job_01h455vb4pex5vsknk084sn02q\n    JobName", "example: 7\n    JobName", "no-invalid-schema-examples"],
    ["a required property that does not exist", "required: [pathId]\n", "required: [path]\n", "house/required-defined"],
    ["a rule about a property that does not exist", "{ required: [targetStepId] }", "{ required: [targetStep] }", "house/required-defined"],
    ["an example that breaks a rule between properties", /(SerialsCreateQuantity:\n[^]*?) {8}quantity: 5\n/, "$1", "no-invalid-media-type-examples"],
    ["a string of any length that comes in", /(JobName:\n {6}type: string\n {6}minLength: 1\n) {6}maxLength: 10000\n/, "$1", "house/incoming-bounds"],
    ["a number of any size that comes in", /(GoalQuantity:\n[^]*?) {6}maximum: 9007199254740991\n/, "$1", "house/incoming-bounds"],
    ["a body that may be absent", /(operationId: closeJob\n[^]*?requestBody:\n) {8}required: true\n/, "$1        required: false\n", "rule/body-is-required"],
    ["a component that nobody uses", "  schemas:\n", "  schemas:\n    Spare:\n      type: string\n      description: Spare.\n      example: x\n", "no-unused-components"],
    ["a parameter that is said twice", /( {8}- )\$ref: '#\/components\/parameters\/IdempotencyKey'\n([^]*?)\1\$ref: '#\/components\/parameters\/IdempotencyKey'\n/, "$1{name: z, in: query, description: x, schema: {type: string, maxLength: 9, example: x}}\n$2$1{name: z, in: query, description: x, schema: {type: string, maxLength: 9, example: x}}\n", "house/unrepeated"],
    ["a property that is not in camel case", "        totalGoal:\n", "        total_goal:\n", "rule/camel-case-properties"],
  ];

  test("the unchanged contract", async () => {
    const { code, text } = await lint("as it is", contract);
    assert.equal(code, 0, text);
  });
  for (const [name, find, replacement, rule] of faults) {
    test(name, async () => {
      const { code, text } = await lint(name, change(find, replacement));
      assert.notEqual(code, 0, "the linter reports nothing");
      assert.ok(text.includes(`"ruleId": "${rule}"`), `${rule} did not find it:\n${text}`);
    });
  }
});

describe("contract-diff", { concurrency: 2 }, () => {
  // diff runs contract-diff in a new repository: base is committed and tagged (unless tag is ""), then replaced by source.
  // With commit, source is committed as well.
  async function diff(name, { base = contract, source = contract, tag = "v1.0.0", commit = false, revision = "" }) {
    const copy = join(folder, `diff ${name}`);
    for (const file of [".ci/contract-diff", "go.mod", "tools/go.mod", "tools/go.sum"]) {
      cpSync(join(root, file), join(copy, file));
    }
    const git = (...args) => execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], { cwd: copy, stdio: "ignore" });
    const write = (text) => writeFileSync(join(copy, "openapi.yaml"), text);
    const commitAll = () => (git("add", "-A"), git("commit", "-m", "x"));
    write(base);
    git("init");
    commitAll();
    if (tag) git("tag", tag);
    write(source);
    if (commit) commitAll();
    return run(".ci/contract-diff", [], { cwd: copy, env: { BASE: revision } });
  }

  const shorterEpicLink = () => change(/(JobCreate:\n[^]*?jiraEpicLink:\n {10}type: string\n {10}maxLength: )255/, "$1100");

  test("no earlier version", async () => {
    const { code, text } = await diff("no earlier version", { tag: "" });
    assert.equal(code, 0, text);
    assert.match(text, /no earlier version/);
  });
  for (const commit of [false, true]) {
    const name = `no tag, and the change is ${commit ? "committed" : "not committed"}`;
    test(name, async () => {
      const { code, text } = await diff(name, { tag: "", source: shorterEpicLink(), commit });
      assert.notEqual(code, 0, text);
      assert.match(text, /These changes break clients[^]*jiraEpicLink/);
    });
  }
  test("a revision that does not exist", async () => {
    const { code, text } = await diff("no revision", { revision: "v9" });
    assert.notEqual(code, 0);
    assert.match(text, /Revision v9 does not exist/);
  });
  test("no change", async () => {
    const { code, text } = await diff("no change", {});
    assert.equal(code, 0, text);
  });

  // Text to find, replacement, and what the output must contain.
  const compatible = {
    "one more property in a response": [
      "        pathProgress:\n", "        rate:\n          type: number\n          description: x\n          example: 1\n        pathProgress:\n", /rate/],
    "one more optional property in a request": [
      /(JobUpdate:\n[^]*?properties:\n)/, "$1        note:\n          type: string\n          maxLength: 10\n          description: x\n          example: x\n", /note/],
    "a longer maximum length in a request": [/(JobCreate:\n[^]*?jiraPriority:\n {10}type: string\n {10}maxLength: )255/, "$1500", /500/],
  };
  for (const [name, [find, replacement, output]] of Object.entries(compatible)) {
    test(`compatible: ${name}`, async () => {
      const { code, text } = await diff(name, { source: change(find, replacement) });
      assert.equal(code, 0, text);
      assert.match(text, output);
    });
  }

  const breaking = {
    "a property of a response is gone": [/ {8}totalScrapped:\n(?: {10}.*\n)+/, "", /totalScrapped/],
    "an optional property of a response is gone": [/( {4}Job:\n[^]*?) {8}jiraEpicLink:\n(?: {10}.*\n)+/, "$1", /jiraEpicLink/],
    "a property of a response has another type": ["        totalCompleted:\n          type: integer\n          format: int64\n", "        totalCompleted:\n          type: string\n", /totalCompleted/],
    "a header of a response is gone": ["        Location:\n          $ref: '#/components/headers/Location'\n", "", /location/i],
    "a property of a response has a new value": ["enum: [in_progress, completed, scrapped]", "enum: [in_progress, completed, scrapped, lost]", /lost/],
    "an operation is gone": [/ {2}\/api\/serials\/scrap:\n(?:(?: {4}.*)?\n)+/, "", /\/api\/serials\/scrap/],
    "a property of a request is gone": [/(JobCreate:\n[^]*?) {8}jiraPriority:\n(?: {10}.*\n)+/, "$1", /jiraPriority/],
    "a property of a request is required": ["required: [name, goalQuantity]\n", "required: [name, goalQuantity, jiraTicketKey]\n", /jiraTicketKey/],
    "a property of a request may not be null": [/( {4}StepUpdate:\n[^]*?) {10}nullable: true\n/, "$1", /nullable|null/],
    // Bounds of what a request may contain.
    "enum of a request": ["enum: [strict, flexible, per_step]", "enum: [strict, flexible]", /per_step/],
    "maxLength of a named schema": [/(JobName:\n {6}type: string\n {6}minLength: 1\n {6}maxLength: )10000/, "$1100", /`name` request property's maxLength/],
    "minLength of a named schema": [/(JobName:\n {6}type: string\n {6}minLength: )1/, "$12", /`name` request property's minLength/],
    "pattern of a named schema": [/(JobName:\n {6}type: string\n {6}minLength: 1\n {6}maxLength: 10000\n {6}pattern: )'\\S'/, "$1'^\\S+'", /pattern of the request property `name`/],
    "a new pattern": [/(JobCreate:\n[^]*?jiraPriority:\n {10}type: string\n)/, "$1          pattern: '^[A-Z]'\n", /request property `jiraPriority`/],
    "maximum of a number": [/(GoalQuantity:\n[^]*?maximum: )9007199254740991/, "$11000", /`goalQuantity` request property's max/],
    "minimum of a number": [/(GoalQuantity:\n[^]*?minimum: )1/, "$15", /`goalQuantity` request property's min/],
    "maxItems of an array": [/(JiraLabels:\n {6}type: array\n {6}maxItems: )1000/, "$110", /`jiraLabels` request property's maxItems/],
    "maxLength of an array's items": [/(JiraLabels:\n[^]*?items:\n {8}type: string\n {8}maxLength: )255/, "$110", /`jiraLabels\/items` request property's maxLength/],
    "maxLength of a parameter": [/(name: q\n[^]*?maxLength: )200/, "$110", /`query` request parameter `q`/],
    "maximum of a parameter": [/( {4}Limit:\n[^]*?maximum: )1000/, "$1100", /`query` request parameter `limit`/],
    "maxItems of a parameter": [/( {4}JiraLabel:\n[^]*?maxItems: )20/, "$12", /`query` request parameter `jiraLabel`/],
    "maxLength of a parameter that all operations of a path share": [/(name: jobId\n {6}in: path\n {6}required: true\n {6}description: .*\n {6}schema:\n) {8}\$ref: .*\n/, "$1        type: string\n        maxLength: 10\n        example: x\n", /`path` request parameter `jobId`/],
  };
  for (const [name, [find, replacement, output]] of Object.entries(breaking)) {
    test(`breaking: ${name}`, async () => {
      const { code, text } = await diff(name, { source: change(find, replacement) });
      assert.notEqual(code, 0, `it counts as compatible:\n${text}`);
      assert.match(text, /These changes break clients/);
      assert.match(text, output);
    });
  }
});
