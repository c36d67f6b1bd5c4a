import createFetchClient, { type FetchOptions, type Middleware } from "openapi-fetch";
import type {
  FilterKeys,
  HttpMethod,
  PathsWithMethod,
  RequiredKeysOf,
  ResponseObjectMap,
  SuccessResponse,
} from "openapi-typescript-helpers";

import { follow, type EventsOptions } from "./events.js";
import { nextQuery } from "./link.js";
import type { Call as ResultCall, CallFunction, CallSettings } from "./call.js";
import { resources, version, type Resources } from "./resources.js";
import { limited, retrying, withDefaults, type RetryPolicy, type Send } from "./retry.js";
import type { components, paths } from "./schema.js";

/** The default page size of iterators: the largest that every list allows, including the list of Jira tickets. */
const pageSize = 100;

type Json = "application/json";

/** The options of a call. Responses are always read as JSON. */
type Init<Path extends keyof paths, Method extends HttpMethod> = Omit<
  FetchOptions<FilterKeys<paths[Path], Method>>,
  "parseAs"
>;

/** The remaining arguments of a call: the options may be left out if none is required. */
type Rest<I> = RequiredKeysOf<I> extends never ? [init?: I] : [init: I];

/** The body of a 2xx response. */
type Body<Path extends keyof paths, Method extends HttpMethod> = SuccessResponse<
  ResponseObjectMap<paths[Path][Method]> & {},
  Json
>;

type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<paths, Method>>(
  path: Path,
  ...rest: Rest<Init<Path, Method>>
) => Promise<{ data: Body<Path, Method>; response: Response }>;

/** The paths whose GET returns a list. */
type ListPath = {
  [Path in PathsWithMethod<paths, "get">]: Body<Path, "get"> extends readonly unknown[] ? Path : never;
}[PathsWithMethod<paths, "get">];

type Item<Path extends ListPath> = Body<Path, "get"> extends readonly (infer I)[] ? I : never;

/** The paths whose GET returns CSV to a client that asks for it. */
type CsvPath = "/api/jobs" | "/api/serials" | "/api/events";

export interface ClientOptions {
  /** URL of the server, such as `http://localhost:3000`. It may have a path. In a browser, "" is the server of the page. */
  baseUrl: string;
  /** API key, sent with each request as `Authorization: Bearer`. */
  apiKey?: string;
  /** Replaces the global `fetch`, for proxies, tracing, and tests. */
  fetch?: (request: Request) => Promise<Response>;
  /** How often and how fast requests are repeated. */
  retry?: Partial<RetryPolicy>;
  /** Milliseconds until a call fails, all attempts included. Defaults to 60,000. 0 means no limit. It does not limit `events`. */
  timeout?: number;
}

/**
 * Calls one Routecard server: a method for each operation, such as `client.jobs.create`, and GET, POST, PUT, PATCH, and DELETE for
 * the paths of the contract. Methods throw a `RoutecardError` for a response that is not a 2xx, and a
 * `RoutecardConnectionError` if there was no response.
 */
export interface RoutecardClient extends Omit<Resources, "events"> {
  GET: Call<"get">;
  POST: Call<"post">;
  PUT: Call<"put">;
  PATCH: Call<"patch">;
  DELETE: Call<"delete">;
  /** Adds middleware of openapi-fetch. It runs once for each call, not for each attempt. */
  use(...middleware: Middleware[]): void;
  /**
   * Reads a list as CSV: all of it, or one page with `limit`. `text()` of the result is the text, and `jobs.import` takes the
   * result as it is. The columns are those of the schemas `JobCSV`, `SerialCSV`, and `EventCSV`.
   */
  csv<Path extends CsvPath>(
    path: Path,
    init?: { params?: { query?: paths[Path]["get"]["parameters"]["query"] }; signal?: AbortSignal },
  ): Promise<Blob>;
  /**
   * Iterates over the pages of a list. It requests a page when the loop reaches it. Events come backwards, beginning with the newest
   * or the one before `before`, with the query `order: "desc"`.
   */
  pages<Path extends ListPath>(path: Path, ...rest: Rest<Init<Path, "get">>): AsyncGenerator<Item<Path>[]>;
  /** Iterates over the items of a list, page by page. */
  all<Path extends ListPath>(path: Path, ...rest: Rest<Init<Path, "get">>): AsyncGenerator<Item<Path>>;
  /**
   * Iterates over the events after `after`, oldest first, and then over each new event as it happens. The loop ends when the
   * caller leaves it, or when the signal is aborted; then the signal's reason is thrown.
   *
   * When the connection breaks or is silent for 45 seconds, the iterator opens a new connection after the last event that it
   * has yielded, so that it yields each event exactly once. It does so without limit, with growing pauses. Only if it has
   * never reached the server does it throw after the attempts of `retry`.
   *
   * When the database was restored from a backup, the iterator calls `onRestored` and starts over with the first event, or
   * throws a FeedRestoredError without that option.
   *
   * To continue in another process, keep `seq` of the last event and pass it as `after`. Also keep the header
   * `Routecard-Feed-Epoch` of a response to `GET /api/events`: if it is another one by then, start over without `after`.
   */
  events: ((options?: EventsOptions) => AsyncGenerator<components["schemas"]["Event"]>) & Resources["events"];
}

export function createClient(options: ClientOptions): RoutecardClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const headers: Record<string, string> = options.apiKey ? { Authorization: `Bearer ${options.apiKey}` } : {};
  // Browsers have a name of their own, and a page of another origin may not set this header.
  if (!("document" in globalThis)) headers["User-Agent"] = `routecard-typescript/${version}`;
  // The global fetch is looked up for each call, because tests and tracing replace it later.
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const policy = withDefaults(options.retry);
  const timeout = options.timeout ?? 60_000;
  const client = createFetchClient<paths, Json>({ baseUrl, headers, fetch: limited(retrying(send, policy), timeout) });

  // RoutecardClient has the types. In here, paths are plain strings.
  type AnyGet = (path: string, init: object) => Promise<{ data: unknown[]; response: Response }>;
  const get = client.GET as unknown as AnyGet;

  async function* pages(path: string, init: { params?: { query?: object } } = {}) {
    const query = { limit: pageSize, ...init.params?.query };
    let { data, response } = await get(path, { ...init, params: { ...init.params, query } });
    let previous: string | undefined;
    for (;;) {
      yield data;
      const next = nextQuery(response.headers.get("Link"));
      if (next === undefined) return;
      if (next === previous) throw new Error("the link to the next page leads to the same page");
      previous = next;
      ({ data, response } = await get(path, { ...init, querySerializer: () => next }));
    }
  }

  async function* all(path: string, init?: object) {
    for await (const page of pages(path, init)) yield* page;
  }

  async function csv(path: "/api/jobs", init?: object) {
    const { data } = await client.GET(path, { ...init, headers: { Accept: "text/csv" }, parseAs: "blob" });
    return data;
  }

  const { GET, PUT, PATCH, DELETE, use } = client;
  // The server requires a content type even where the body is optional, so that pages of other origins cannot post.
  const POST = (path: "/api/jobs", init: { body?: object }) => client.POST(path, { ...init, body: (init?.body ?? {}) as never });
  const methods = resources(caller({ GET, POST, PUT, PATCH, DELETE }, retrying(send, policy)));
  const untyped = {
    ...methods,
    ...{ GET, POST, PUT, PATCH, DELETE, use, csv, pages, all },
    events: Object.assign(
      (options: EventsOptions = {}) => follow(send, policy, `${baseUrl}/api/events`, headers, options),
      methods.events,
    ),
  };
  return untyped as unknown as RoutecardClient;
}

/** Returns the function that carries out the operations of the client's resources. */
function caller(client: object, sendUnlimited: Send): CallFunction {
  // The contract's types are those of the resources. In here, paths are plain strings.
  type Untyped = (path: string, init: object) => Promise<{ data: never; response: Response }>;
  return (_id, method, path, pathParameters, body, options) => {
    const own: CallSettings & { query?: object } = options ?? {};
    const header = {
      ...(own.idempotencyKey !== undefined && { "Idempotency-Key": own.idempotencyKey }),
      ...(own.ifMatch !== undefined && { "If-Match": own.ifMatch }),
    };
    const pending = (client as Record<string, Untyped>)[method]!(path, {
      params: { path: pathParameters, query: own.query, header },
      ...(body instanceof Blob ? { body, bodySerializer: (file: Blob) => file, headers: { "Content-Type": body.type } } : { body }),
      ...(own.signal && { signal: own.signal }),
      ...(own.timeout !== undefined && { fetch: limited(sendUnlimited, own.timeout) }),
    });
    const result = pending.then(({ data }) => data);
    const withResponse = () => {
      // Nobody waits for `result` then. Node.js ends a program when nobody handles an error.
      result.catch(() => {});
      return pending;
    };
    return Object.assign(result, { withResponse }) as ResultCall<never>;
  };
}
