import { RoutecardError, toError } from "./errors.js";
import { delay, isTransient, retryAfter, sleep, type RetryPolicy, type Send } from "./retry.js";
import type { components, operations } from "./schema.js";
import { MessageReader, StreamError } from "./sse.js";

type Event = components["schemas"]["Event"];

/** How long a stream may be silent, in milliseconds. The server writes a comment every 15 seconds, so two may get lost. */
const streamIdle = 45_000;

/** The header that names the epoch to which the numbers of events belong. */
const feedEpochHeader = "Routecard-Feed-Epoch";

/** The state of a stream: the first connection is being opened, it is open, or it is lost and a new one is being opened. */
export type StreamState = "connecting" | "open" | "lost";

/** Filters for the event stream, and a signal that ends it. */
export type EventsOptions = Omit<NonNullable<operations["listEvents"]["parameters"]["query"]>, "limit"> & {
  signal?: AbortSignal;
  /**
   * Is called when the database was restored from a backup since the previous connection. The iterator then starts over with the
   * first event, so the function must discard what was built from the events before. Without it, the iterator throws a
   * FeedRestoredError.
   */
  onRestored?: () => void;
  /** Is called when the state of the stream changes. To pause the stream, leave the loop; to resume it, pass `seq` of the last event as `after`. */
  onState?: (state: StreamState) => void;
};

/** The database was restored from a backup: events that were seen may be gone, and their numbers are used again. */
export class FeedRestoredError extends Error {
  override readonly name = "FeedRestoredError";
  constructor() {
    super("event stream: the database was restored from a backup, so the feed starts over");
  }
}

/** Yields the events of one connection after the other. */
export async function* follow(
  send: Send,
  policy: RetryPolicy,
  url: string,
  headers: Record<string, string>,
  { signal, onRestored, onState, ...filters }: EventsOptions,
  idle = streamIdle,
): AsyncGenerator<Event> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
  }
  const connection = new Connection(send, url, query, headers, idle);
  let reached = false;
  let state: StreamState | undefined;
  const enter = (next: StreamState) => {
    if (next !== state) onState?.((state = next));
  };
  enter("connecting");
  for (let failures = 1; ; failures++) {
    try {
      for await (const event of connection.read(signal)) {
        reached = true;
        enter("open");
        failures = 0;
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof FeedRestoredError && onRestored) {
        onRestored();
        connection.startOver();
        failures = 0;
        continue;
      }
      if (!mayReconnect(error) || (!reached && failures >= policy.attempts)) throw error;
    }
    enter(reached ? "lost" : "connecting");
    await sleep(Math.max(delay(policy, Math.max(failures, 1)), connection.minWait), signal);
  }
}

/**
 * Reports whether a new connection may succeed after the error. Opening a stream changes nothing on the server, so it is repeated
 * after every 5xx, for example while a database fails over.
 */
function mayReconnect(error: unknown): boolean {
  if (error instanceof RoutecardError) return isTransient(error.statusCode) || error.statusCode >= 500;
  return !(error instanceof StreamError || error instanceof FeedRestoredError);
}

/** Opens connections to one stream. Each continues after the last event of the one before. */
class Connection {
  /** The wait before a new connection that the server asks for, in milliseconds. */
  minWait = 0;
  /** The epoch of the feed, "" before the first stream and with a server that sends none. */
  #epoch = "";
  readonly #headers: Headers;

  constructor(
    readonly send: Send,
    readonly url: string,
    readonly query: URLSearchParams,
    headers: Record<string, string>,
    readonly idle: number,
  ) {
    this.#headers = new Headers({ ...headers, Accept: "text/event-stream" });
  }

  /** Opens a connection and reads until it ends. Yields events, and undefined when any data arrives. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<Event | undefined> {
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    try {
      const timer = new IdleTimer(this.idle, abort);
      const request = new Request(`${this.url}?${this.query}`, { headers: this.#headers, signal: abort.signal, cache: "no-store" });
      const response = await timer.during(this.send(request));
      this.minWait = retryAfter(response.headers);
      if (!response.ok) throw await toError(response, 1);
      const type = response.headers.get("Content-Type") ?? "";
      if (!/^text\/event-stream\b/i.test(type) || !response.body) {
        throw new StreamError(`event stream: the content type is "${type}", is this a Routecard server?`);
      }
      const before = this.#epoch;
      this.#epoch = response.headers.get(feedEpochHeader) ?? before;
      if (before !== "" && before !== this.#epoch) throw new FeedRestoredError();
      yield undefined;

      const messages = new MessageReader();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await timer.during(reader.read());
        if (done) return;
        yield undefined;
        for (const data of messages.push(decoder.decode(value, { stream: true }))) {
          this.#remember(messages);
          yield toEvent(data);
        }
        this.#remember(messages);
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      abort.abort(); // ends the request if the caller has left the loop
    }
  }

  /** Makes the next connection begin with the first event. */
  startOver() {
    this.#headers.delete("Last-Event-ID");
    this.query.delete("after");
  }

  #remember(messages: MessageReader) {
    this.minWait = messages.retry;
    if (messages.lastId !== "") this.#headers.set("Last-Event-ID", messages.lastId);
  }
}

function toEvent(data: string): Event {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new StreamError("event stream: an event is not valid JSON", { cause });
  }
}

/**
 * Aborts a connection that is silent for too long. The timer runs only while the client waits for data, so that a slow loop body
 * does not count as silence.
 */
class IdleTimer {
  constructor(
    readonly idle: number,
    readonly abort: AbortController,
  ) {}

  async during<T>(waiting: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.abort.abort(new Error(`event stream: no data received for ${this.idle / 1000} s`)), this.idle);
    try {
      return await waiting;
    } finally {
      clearTimeout(timer);
    }
  }
}
