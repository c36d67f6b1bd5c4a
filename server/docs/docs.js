// Starts Swagger UI with Routecard's contract. The page's Content-Security-Policy allows no inline script.

// streamSeconds is how long the explorer reads the event stream, which has no end, before it shows the events that arrived.
const streamSeconds = 3;

// emptyOptionalParameters moves the examples of optional parameters into their descriptions. Swagger UI would fill them in,
// and then a request would have every filter and an idempotency key that was already used.
function emptyOptionalParameters(contract) {
  const lists = [Object.values(contract.components.parameters)];
  for (const path of Object.values(contract.paths)) {
    lists.push(path.parameters ?? []);
    for (const operation of Object.values(path)) lists.push(operation.parameters ?? []);
  }
  for (const parameter of lists.flat()) {
    if (parameter.required || parameter.$ref) continue;
    // Swagger UI also fills in the examples of referenced schemas.
    const name = parameter.schema.$ref?.split("/").pop();
    const schema = { ...(name ? contract.components.schemas[name] : parameter.schema) };
    const example = parameter.example ?? schema.example;
    if (example !== undefined) parameter.description = `${parameter.description ?? ""}\n\nFor example \`${example}\`.`;
    if (schema.default !== undefined) parameter.description += `\n\nThe default is \`${schema.default}\`.`;
    for (const filled of ["example", "default"]) delete schema[filled];
    delete parameter.example;
    delete parameter.examples;
    parameter.schema = schema;
  }
  return contract;
}

// readStart sends the request and returns what the server sends within streamSeconds.
async function readStart(url, options) {
  const response = await fetch(url, options);
  const reader = response.body.getReader();
  const timer = setTimeout(() => reader.cancel(), streamSeconds * 1000);
  const decoder = new TextDecoder();
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += decoder.decode(piece.value, { stream: true });
  clearTimeout(timer);
  return new Response(text, response);
}

// Snippets get an Immutable map of the request.
const quote = (text) => JSON.stringify(text);

function parts(request) {
  const headers = request.get("headers")?.toJS() ?? {};
  const body = request.get("body");
  return {
    method: request.get("method"), url: request.get("url"), headers,
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body.toJS?.() ?? body, null, 2),
  };
}

function typescript(request) {
  const { method, url, headers, body } = parts(request);
  const lines = [`const response = await fetch(${quote(url)}, {`, `  method: ${quote(method)},`];
  if (Object.keys(headers).length > 0) lines.push(`  headers: ${JSON.stringify(headers)},`);
  if (body !== undefined) lines.push(`  body: ${quote(body)},`);
  lines.push("});", "console.log(response.status, await response.json());");
  return lines.join("\n");
}

function go(request) {
  const { method, url, headers, body } = parts(request);
  const content = body === undefined ? "nil" : `strings.NewReader(${quote(body)})`;
  return [
    `request, err := http.NewRequestWithContext(ctx, ${quote(method)}, ${quote(url)}, ${content})`,
    "if err != nil {", "\treturn err", "}",
    ...Object.entries(headers).map(([name, value]) => `request.Header.Set(${quote(name)}, ${quote(value)})`),
    "response, err := http.DefaultClient.Do(request)",
    "if err != nil {", "\treturn err", "}",
    "defer response.Body.Close()",
  ].join("\n");
}

// operationFilter shows the operations whose path, summary, or id contains the phrase.
function operationFilter(tags, phrase) {
  const wanted = phrase.toLowerCase();
  return tags
    .map((tag) => tag.update("operations", (operations) => operations.filter((operation) =>
      [operation.get("path"), operation.getIn(["operation", "summary"]), operation.getIn(["operation", "operationId"])]
        .some((text) => text?.toLowerCase().includes(wanted)))))
    .filter((tag) => tag.get("operations").size > 0);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheme);
followTheme();

const contract = await (await fetch("/openapi.json")).json();
SwaggerUIBundle({
  dom_id: "#explorer",
  spec: emptyOptionalParameters(contract),
  deepLinking: true,
  tryItOutEnabled: true,
  filter: true,
  requestSnippetsEnabled: true,
  requestSnippets: {
    generators: {
      curl_bash: { title: "curl", syntax: "bash" },
      typescript: { title: "TypeScript", syntax: "javascript" },
      go: { title: "Go", syntax: "go" },
    },
    defaultExpanded: true,
    languages: ["curl_bash", "typescript", "go"],
  },
  plugins: [() => ({
    fn: { opsFilter: operationFilter, requestSnippetGenerator_typescript: typescript, requestSnippetGenerator_go: go },
  })],
  requestInterceptor(request) {
    if (request.headers?.accept === "text/event-stream") request.userFetch = readStart;
    return request;
  },
  // Without this the explorer would send the contract to a validator on the internet.
  validatorUrl: null,
});
