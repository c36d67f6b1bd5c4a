import { isOutcomeUnknown, markOutcomeUnknown, RoutecardConnectionError, RoutecardError, toError } from "./errors.js";

/**
 * How often and how fast a request is repeated. A request is repeated when there was no response, or when the status is 429,
 * 502, 503, or 504. That is safe for each method:
 *
 * - GET changes nothing.
 * - PUT, PATCH, and DELETE have the same effect however often they are sent.
 * - POST has an Idempotency-Key, the same for all attempts, so that the server recognizes a repeated request. For the same reason a
 *   POST is also repeated after a 500, which does not say whether the change was made.
 *
 * `isOutcomeUnknown` is true for the error of a request whose outcome is still unknown after the last attempt.
 *
 * The wait doubles with each attempt and is partly random, so that many clients do not come back at the same moment. A
 * Retry-After header can make it longer. All times are in milliseconds.
 */
export interface RetryPolicy {
  /** Maximum number of attempts, including the first one. Defaults to 5. 1 means no retries. */
  attempts: number;
  /** Maximum wait before the second attempt. Defaults to 200. */
  base: number;
  /** Where the wait stops doubling. Defaults to 5,000. */
  max: number;
  /** Longest wait that a Retry-After header may ask for. If it asks for more, the error is thrown at once. Defaults to 30,000. */
  maxWait: number;
}

export function withDefaults(policy: Partial<RetryPolicy> = {}): RetryPolicy {
  return { attempts: 5, base: 200, max: 5_000, maxWait: 30_000, ...policy };
}

/** Returns a function that aborts a request after some milliseconds, all attempts included. */
export function limited(send: Send, timeout: number): Send {
  if (timeout <= 0) return send;
  return (request) => send(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]) }));
}

/** Sends a request, as the global `fetch` does. */
export type Send = (request: Request) => Promise<Response>;

const keyHeader = "Idempotency-Key";

/**
 * Returns a function that sends a request with retries. It throws a `RoutecardError` for a response that is not a 2xx, and
 * returns responses whose body has been read completely. `isOutcomeUnknown` is true for what it throws when one of the attempts
 * may have made a change.
 */
export function retrying(send: Send, policy: RetryPolicy): Send {
  return async (request) => {
    if (request.method === "POST" && !request.headers.has(keyHeader)) {
      request.headers.set(keyHeader, randomKey());
    }
    let unknown = false;
    const giveUp = (failure: unknown) => {
      if (unknown) markOutcomeUnknown(failure);
      return failure;
    };
    for (let attempt = 1; ; attempt++) {
      let failure: unknown;
      let requestedWait = 0;
      try {
        const response = await send(request.clone());
        if (response.ok) return await readBody(response);
        requestedWait = retryAfter(response.headers);
        failure = await toError(response, attempt, request.method);
      } catch (error) {
        // There was no response, or an incomplete one. A signal's own reason stays as it is.
        failure = request.signal.aborted ? error : new RoutecardConnectionError(error, attempt);
      }
      unknown = mayHaveChanged(request, failure) || (unknown && !isAnswer(request, failure));
      const again = attempt < policy.attempts && mayRetry(request, failure) && requestedWait <= policy.maxWait;
      if (!again) throw giveUp(failure);
      try {
        await sleep(Math.max(delay(policy, attempt), requestedWait), request.signal);
      } catch (aborted) {
        throw giveUp(aborted);
      }
    }
  };
}

/** Reads the whole body, so that a connection that breaks halfway through the body counts as a failed attempt. */
async function readBody(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(status === 204 || status === 205 ? null : body, { status, statusText, headers });
}

/** Reports whether the attempt that failed may have made a change. */
function mayHaveChanged(request: Request, failure: unknown): boolean {
  if (failure instanceof RoutecardError) return isOutcomeUnknown(failure);
  if (request.method === "GET") return false;
  // Node.js says why there was no connection, without which the request was not sent. Browsers do not.
  const code = Object(Object(Object(failure).cause).cause).code;
  return code !== "ECONNREFUSED" && code !== "ENOTFOUND";
}

/** Reports whether the server has answered a POST. The server would have recognized an earlier attempt that made the change by its key. */
function isAnswer(request: Request, failure: unknown): boolean {
  return (
    request.method === "POST" &&
    failure instanceof RoutecardError &&
    failure.statusCode < 500 &&
    !isTransient(failure.statusCode)
  );
}

/** Reports whether repeating the request is safe and may succeed. */
function mayRetry(request: Request, failure: unknown): boolean {
  if (request.signal.aborted) return false;
  if (!(failure instanceof RoutecardError)) return true;
  return isTransient(failure.statusCode) || (failure.statusCode === 500 && request.headers.has(keyHeader));
}

/** Reports whether the same request may succeed a little later, by its status. */
export function isTransient(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** Returns the wait after failure n, counted from 1. One half of it is random. */
export function delay(policy: RetryPolicy, n: number): number {
  const wait = Math.min(policy.base * 2 ** (n - 1), policy.max);
  return wait / 2 + (Math.random() * wait) / 2;
}

/**
 * Returns the wait that the Retry-After header asks for, which is in seconds or an HTTP date. Returns 0 without a valid
 * header, and for a date in the past.
 */
export function retryAfter(headers: Headers): number {
  const text = headers.get("Retry-After") ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.max(0, wait || 0);
}

/** Waits. Throws the signal's reason as soon as the signal is aborted. */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Returns 128 random bits in hex. crypto.randomUUID would be shorter, but pages that were loaded by plain HTTP lack it. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
