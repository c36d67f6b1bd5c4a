// Writes src/resources.ts: the version of the package, and a method for each operation of the contract, grouped by the first part of its path, with the
// documentation of the contract. With --check it fails when the file is not up to date.
import { readFileSync, writeFileSync } from "node:fs";

const contract = JSON.parse(readFileSync(new URL("../../../gen/openapi.json", import.meta.url), "utf8"));
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const target = new URL("../src/resources.ts", import.meta.url);

/** Follows a reference within the contract. */
const resolve = (value) => (value.$ref ? value.$ref.slice(2).split("/").reduce((at, key) => at[key], contract) : value);

const groups = new Map();
for (const [path, item] of Object.entries(contract.paths)) {
  if (!path.startsWith("/api/")) continue;
  const group = path.split("/")[2];
  for (const [method, operation] of Object.entries(item)) {
    if (!operation.operationId) continue;
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push({ ...operation, group, path, method: method.toUpperCase(), parameters });
  }
}

/** jobs is the group of createJob, listJobs, and listJobPaths: its methods are create, list, and listPaths. */
function methodName({ operationId, group }, all) {
  const singular = capitalize(group.replace(/s$/, ""));
  const short = (replacement) => operationId.replace(new RegExp(`(To)?${singular}s?(?![a-z])`), replacement);
  // advanceSerial and advanceSerials become advance and advanceMany.
  const hasSingular = all.some((other) => other.operationId === operationId.replace(`${singular}s`, singular) && other.operationId !== operationId);
  return short(hasSingular ? "Many" : "");
}

function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function method(operation, all) {
  const { operationId, path, method, parameters } = operation;
  const args = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `${name}: string`);
  const body = operation.requestBody && resolve(operation.requestBody);
  const names = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
  const required = parameters.some((parameter) => parameter.in === "query" && parameter.required);
  if (body) {
    const types = Object.keys(body.content);
    // The server requires a content type even where the body is empty.
    const optional = method === "POST" && types.includes("application/json") && resolve(resolve(body.content["application/json"].schema)).required === undefined;
    args.push(types.includes("application/json") ? `body: RequestBody<"${operationId}">${optional ? " | undefined = {}" : ""}` : "body: Blob");
  }
  args.push(`options${required ? "" : "?"}: CallOptions<"${operationId}">`);
  const description = `${operation.summary}.\n\n${(operation.description ?? "").trim()}`.trim().replaceAll("*/", "*\\/");
  return [
    "    /**",
    ...description.split("\n").map((line) => `     * ${line}`.trimEnd()),
    "     */",
    `    ${methodName(operation, all)}: (${args.join(", ")}) =>`,
    `      call("${operationId}", "${method}", "${path}", {${names.join(", ")}}, ${body ? "body" : "undefined"}, options),`,
  ].join("\n");
}

const source = `// Generated from openapi.yaml by \`npm run generate\`. Do not edit.
import type { CallFunction, CallOptions, RequestBody } from "./call.js";

/** The version of this package. */
export const version = "${version}";

/** Returns a method for each operation of the contract, grouped by resource. */
export function resources(call: CallFunction) {
  return {
${[...groups].map(([group, all]) => `  ${group}: {\n${all.map((operation) => method(operation, all)).join("\n")}\n  },`).map((text) => text.replace(/^/gm, "  ")).join("\n")}
  };
}

/** The methods of a client, such as \`client.jobs.create\`. */
export type Resources = ReturnType<typeof resources>;
`;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== source) {
    console.error("src/resources.ts is not up to date: run npm run generate");
    process.exit(1);
  }
} else {
  writeFileSync(target, source);
}
