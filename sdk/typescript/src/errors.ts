import type { components } from "./schema.js";

/** One invalid field of a request. */
export type FieldError = components["schemas"]["FieldError"];

/**
 * A response that is not a 2xx. Its `message` is a sentence for the user that says what is wrong. If several fields are invalid,
 * it is about the first one.
 */
export class RoutecardError extends Error {
  override readonly name = "RoutecardError";

  constructor(
    /** The HTTP status. */
    readonly statusCode: number,
    message: string,
    /** Every invalid field. Empty unless the request was invalid. */
    readonly errors: readonly FieldError[],
    /** Identifies the request in the server's log. Undefined if a browser hides the header from a page of another origin. */
    readonly requestId: string | undefined,
    /**
     * How often the request was sent. If it is more than 1, an earlier attempt may have succeeded although its response was
     * lost: a DELETE then fails with 404, and a PUT or PATCH with If-Match fails with 412. This does not happen with POST,
     * because the server recognizes the idempotency key.
     */
    readonly attempts: number,
  ) {
    super(message);
  }
}

/** There was no response: the server could not be reached, or the connection broke. `cause` is the error of `fetch`. */
export class RoutecardConnectionError extends Error {
  override readonly name = "RoutecardConnectionError";

  constructor(
    cause: unknown,
    /** How often the request was sent. */
    readonly attempts: number,
  ) {
    super(`Routecard did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Reports whether the request contradicts the state of the resource (409): the unit is scrapped, or the job is closed. */
export function isConflict(error: unknown): error is RoutecardError {
  return error instanceof RoutecardError && error.statusCode === 409;
}

/** Reports whether the resource has changed since the ETag of the request was read (412). */
export function isChanged(error: unknown): error is RoutecardError {
  return error instanceof RoutecardError && error.statusCode === 412;
}

/** The errors of changes that may have been made. */
const unknownOutcomes = new WeakSet<object>();

/**
 * Reports whether the change that failed with this error may have been made: the server says so, the connection broke or the
 * signal was aborted after the request was sent, or a proxy answered in the server's place. Repeat the call with the same
 * `Idempotency-Key`; without a key, check first whether the change was made. After any other error, nothing has changed.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof Object && unknownOutcomes.has(error);
}

/** Makes `isOutcomeUnknown` true for an error. */
export function markOutcomeUnknown(error: unknown): void {
  if (error instanceof Object) unknownOutcomes.add(error);
}

/**
 * Converts a response to an error. If the body is not an error of Routecard, but for example a proxy's page, the message is the
 * text of the status.
 */
export async function toError(response: Response, attempts: number, method = "GET"): Promise<RoutecardError> {
  let decoded: Partial<components["schemas"]["Error"]> = {};
  const text = await response.text();
  try {
    decoded = Object(JSON.parse(text));
  } catch {
    // not JSON: a page, or no body
  }
  const fromServer = typeof decoded.message === "string" && decoded.message !== "";
  const error = new RoutecardError(
    response.status,
    (fromServer && decoded.message) || response.statusText || `HTTP status ${response.status}`,
    Array.isArray(decoded.errors) ? decoded.errors : [],
    response.headers.get("X-Request-Id") ?? undefined,
    attempts,
  );
  // The page of a proxy does not say whether the server got the request.
  const isUnknown = fromServer ? decoded.outcome === "unknown" : response.status >= 500;
  if (isUnknown && method !== "GET") markOutcomeUnknown(error);
  return error;
}
