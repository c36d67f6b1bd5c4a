import { RoutecardError, toError } from "./errors.js";
import { delay, isTransient, pause, retryAfter, type RetryPolicy, type Send } from "./retry.js";
import type { components, operations } from "./schema.js";
import { FrameReader, StreamError } from "./sse.js";

type Event = components["schemas"]["Event"];

/** How long a stream may be silent, in milliseconds: the server writes a comment every 15 seconds, and two may get lost. */
const silence = 45_000;

/** Which events to follow, and when to stop. */
export type EventsOptions = Omit<NonNullable<operations["listEvents"]["parameters"]["query"]>, "limit"> & {
  signal?: AbortSignal;
};

/** Follows the event stream through all its connections. */
export async function* follow(
  send: Send,
  policy: RetryPolicy,
  url: string,
  headers: Record<string, string>,
  { signal, ...filters }: EventsOptions,
  idle = silence,
): AsyncGenerator<Event> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const connection = new Connection(send, `${url}?${query}`, headers, idle);
  let reached = false;
  for (let failures = 1; ; failures++) {
    try {
      for await (const event of connection.read(signal)) {
        reached = true;
        failures = 0;
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!goesOn(error) || (!reached && failures >= policy.attempts)) throw error;
    }
    await pause(Math.max(delay(policy, Math.max(failures, 1)), connection.wait), signal);
  }
}

/**
 * Tells whether a new connection may do better. Opening a stream changes nothing, so that every failure on the server's side is
 * worth another try: it may be a database that changes its primary.
 */
function goesOn(error: unknown): boolean {
  if (error instanceof RoutecardError) return isTransient(error.statusCode) || error.statusCode >= 500;
  return !(error instanceof StreamError);
}

/** One connection after the other to the same stream. */
class Connection {
  /** The least wait before the next one, in milliseconds, as the server has asked. */
  wait = 0;
  readonly #headers: Headers;

  constructor(
    readonly send: Send,
    readonly url: string,
    headers: Record<string, string>,
    readonly idle: number,
  ) {
    this.#headers = new Headers({ ...headers, Accept: "text/event-stream" });
  }

  /** Reads until the connection ends. Yields events, and undefined for other signs of life. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<Event | undefined> {
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    try {
      const watch = new Watch(this.idle, abort);
      const request = new Request(this.url, { headers: this.#headers, signal: abort.signal, cache: "no-store" });
      const response = await watch.over(this.send(request));
      this.wait = retryAfter(response.headers);
      if (!response.ok) throw await toError(response, 1);
      const type = response.headers.get("Content-Type") ?? "";
      if (!/^text\/event-stream\b/i.test(type) || !response.body) {
        throw new StreamError(`event stream: the answer is ${type || "nothing"}, is this a Routecard?`);
      }
      yield undefined;

      const frames = new FrameReader();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await watch.over(reader.read());
        if (done) return;
        yield undefined;
        for (const data of frames.push(decoder.decode(value, { stream: true }))) {
          this.#goOnAfter(frames);
          yield toEvent(data);
        }
        this.#goOnAfter(frames);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      abort.abort(); // ends the request when the loop was left
    }
  }

  #goOnAfter(frames: FrameReader) {
    this.wait = frames.retry;
    if (frames.lastId !== "") this.#headers.set("Last-Event-ID", frames.lastId);
  }
}

function toEvent(data: string): Event {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new StreamError("event stream: an event is no JSON", { cause });
  }
}

/**
 * Ends a connection on which nothing is heard. The time that the loop takes for an event is not silence: the clock only runs
 * while the connection is waited for.
 */
class Watch {
  constructor(
    readonly idle: number,
    readonly abort: AbortController,
  ) {}

  async over<T>(waiting: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.abort.abort(new Error("event stream: nothing was heard for too long")), this.idle);
    try {
      return await waiting;
    } finally {
      clearTimeout(timer);
    }
  }
}
