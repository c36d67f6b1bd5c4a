import { RoutecardError, toError } from "./errors.js";

/**
 * How often and how fast a request is sent again. That happens when no answer came, or one that says to come back (429, 502,
 * 503, 504), and only where doing it twice is the same as doing it once:
 *
 * - GET changes nothing.
 * - PUT, PATCH and DELETE say what is to be, not what to add.
 * - POST carries an Idempotency-Key, the same on all attempts, by which the server recognises it. For the same reason a POST
 *   is also repeated after a 500, which leaves open whether the change was made.
 *
 * The wait doubles from attempt to attempt, with jitter so that clients do not come back all at once. A Retry-After header
 * makes it longer. Times are in milliseconds.
 */
export interface RetryPolicy {
  /** How often a request is sent at the most, the first time included; 5 unless given, and 1 means never again. */
  attempts: number;
  /** The longest wait before the second attempt; 200 unless given. */
  base: number;
  /** Bounds the doubling; 5,000 unless given. */
  max: number;
  /** Bounds what a Retry-After header may ask for, above which the failure is thrown at once; 30,000 unless given. */
  maxWait: number;
}

export function withDefaults(policy: Partial<RetryPolicy> = {}): RetryPolicy {
  return { attempts: 5, base: 200, max: 5_000, maxWait: 30_000, ...policy };
}

/** Sends a request, as the global `fetch` does. */
export type Send = (request: Request) => Promise<Response>;

const keyHeader = "Idempotency-Key";

/** Sends requests, again where that is safe, and throws what is no 2xx. The answers are complete. */
export function retrying(send: Send, policy: RetryPolicy): Send {
  return async (request) => {
    if (request.method === "POST" && !request.headers.has(keyHeader)) {
      request.headers.set(keyHeader, randomKey());
    }
    for (let attempt = 1; ; attempt++) {
      let failure: unknown;
      let asked = 0;
      try {
        const response = await send(request.clone());
        if (response.ok) return await complete(response);
        asked = retryAfter(response.headers);
        failure = await toError(response, attempt);
      } catch (error) {
        failure = error; // no answer, or one that was cut off
      }
      const again = attempt < policy.attempts && mayRetry(request, failure) && asked <= policy.maxWait;
      if (!again) throw failure;
      await pause(Math.max(delay(policy, attempt), asked), request.signal);
    }
  };
}

/** Reads the whole body, so that a connection that is cut halfway is a failure of the attempt and not of the caller's. */
async function complete(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(status === 204 || status === 205 ? null : body, { status, statusText, headers });
}

/** Tells whether sending the request once more is safe and may help. */
function mayRetry(request: Request, failure: unknown): boolean {
  if (request.signal.aborted) return false;
  if (!(failure instanceof RoutecardError)) return true; // all our requests can be repeated
  return isTransient(failure.statusCode) || (failure.statusCode === 500 && request.headers.has(keyHeader));
}

/** Tells whether a status means "not now": the same request may succeed a little later. */
export function isTransient(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

/** The wait after failure number n, counted from 1: half of it fixed, half by chance. */
export function delay(policy: RetryPolicy, n: number): number {
  const wait = Math.min(policy.base * 2 ** (n - 1), policy.max);
  return wait / 2 + (Math.random() * wait) / 2;
}

/** What a Retry-After header asks to wait, in seconds or until a date; 0 when it says nothing. */
export function retryAfter(headers: Headers): number {
  const text = headers.get("Retry-After") ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.max(0, wait || 0);
}

/** Waits; throws the signal's reason when it is aborted meanwhile. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
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

/** 128 random bits. crypto.randomUUID would be shorter, but a page that came by plain HTTP does not have it. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
