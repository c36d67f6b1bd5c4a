import type { components } from "./schema.js";

/** One field that breaks a rule. */
export type FieldError = components["schemas"]["FieldError"];

/** An answer that is no 2xx. Its `message` is a sentence for the user: what is wrong, of several failures the first. */
export class RoutecardError extends Error {
  override readonly name = "RoutecardError";

  constructor(
    /** The HTTP status. */
    readonly statusCode: number,
    message: string,
    /** Every field that broke a rule; empty unless the request was invalid. */
    readonly errors: readonly FieldError[],
    /** Finds the request in the server's log; absent when a browser hides the header from another origin's page. */
    readonly requestId: string | undefined,
    /**
     * How often the request was sent. With more than one, an earlier attempt whose answer was lost may be the reason: a
     * DELETE that then says 404, or a PUT with If-Match that then says 412, may well be the caller's own. (A POST has no such
     * doubt, its key tells the server.)
     */
    readonly attempts: number,
  ) {
    super(message);
  }
}

/** Reads an error answer. One that something else than Routecard wrote, such as a proxy, says what its status means. */
export async function toError(response: Response, attempts: number): Promise<RoutecardError> {
  let sent: Partial<components["schemas"]["Error"]> = {};
  const text = await response.text();
  try {
    sent = Object(JSON.parse(text));
  } catch {
    // a page, or nothing
  }
  const message = typeof sent.message === "string" && sent.message ? sent.message : response.statusText;
  return new RoutecardError(
    response.status,
    message || `HTTP status ${response.status}`,
    Array.isArray(sent.errors) ? sent.errors : [],
    response.headers.get("X-Request-Id") ?? undefined,
    attempts,
  );
}
