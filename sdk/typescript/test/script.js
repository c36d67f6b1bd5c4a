import { createServer } from "node:http";

/**
 * @typedef {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void} Step
 * @typedef {import("node:http").IncomingMessage & { text: string }} Seen
 */

/**
 * Starts a server that handles each request with the next step, and all further ones with the last step. It stops with the test,
 * and closes each connection after 100 requests, so that a client that never stops does not hang the test.
 * @param {import("node:test").TestContext} t
 * @param {...Step} steps
 */
export async function startScript(t, ...steps) {
  /** @type {Seen[]} */
  const seen = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const step = steps[Math.min(seen.length, steps.length - 1)];
    seen.push(Object.assign(request, { text }));
    if (seen.length > 100) request.socket.destroy();
    else step?.(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { baseUrl: `http://127.0.0.1:${address.port}`, seen };
}

/**
 * @param {number} status
 * @param {unknown} body
 * @param {Record<string, string>} headers
 * @returns {Step}
 */
export const answers = (status, body, headers = {}) => (_, response) => {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
};

/** Closes the connection without a response. @type {Step} */
export const cuts = (request) => void request.socket.destroy();

/** Closes the connection in the middle of a response. @type {Step} */
export const cutsHalfway = (_, response) => {
  response.writeHead(201, { "Content-Type": "application/json", "Content-Length": "1000" });
  response.write('{"id":"job_', () => setTimeout(() => response.destroy(), 20));
};

/**
 * Sends a part of an event stream and then closes the connection.
 * @param {string} text
 * @returns {Step}
 */
export const streams = (text) => (_, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(text, () => setTimeout(() => response.destroy(), 20));
};

/** An error as Routecard sends it. @param {string} message */
export const problem = (message) => ({ statusCode: 0, message });

/** A policy with waits that are too short to notice. */
export const quick = { attempts: 4, base: 1, max: 5 };
