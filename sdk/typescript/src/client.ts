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
import { retrying, withDefaults, type RetryPolicy } from "./retry.js";
import type { components, paths } from "./schema.js";

/** How many things an iterator asks for at a time, unless the caller says: as many as every list allows, that of Jira included. */
const pageSize = 100;

type Json = "application/json";

/** What a call takes besides its path. An answer is always read as JSON. */
type Init<Path extends keyof paths, Method extends HttpMethod> = Omit<
  FetchOptions<FilterKeys<paths[Path], Method>>,
  "parseAs"
>;

/** Nothing needs to be given where nothing is required. */
type Rest<I> = RequiredKeysOf<I> extends never ? [init?: I] : [init: I];

/** The body of a 2xx. */
type Body<Path extends keyof paths, Method extends HttpMethod> = SuccessResponse<
  ResponseObjectMap<paths[Path][Method]> & {},
  Json
>;

type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<paths, Method>>(
  path: Path,
  ...rest: Rest<Init<Path, Method>>
) => Promise<{ data: Body<Path, Method>; response: Response }>;

/** The operations that answer with a list. */
type ListPath = {
  [Path in PathsWithMethod<paths, "get">]: Body<Path, "get"> extends readonly unknown[] ? Path : never;
}[PathsWithMethod<paths, "get">];

type Item<Path extends ListPath> = Body<Path, "get"> extends readonly (infer I)[] ? I : never;

export interface ClientOptions {
  /** Where Routecard is, such as `http://localhost:3000`; a path is kept. In a browser, "" is the page's own server. */
  baseUrl: string;
  /** Sent with each request, as `Authorization: Bearer`. */
  apiKey?: string;
  /** Used in place of the global one, for proxies, tracing and tests. */
  fetch?: (request: Request) => Promise<Response>;
  /** How often and how fast requests are sent again. */
  retry?: Partial<RetryPolicy>;
}

/** Calls one Routecard. Any answer but a 2xx is thrown as a `RoutecardError`, and no answer as what `fetch` throws. */
export interface RoutecardClient {
  GET: Call<"get">;
  POST: Call<"post">;
  PUT: Call<"put">;
  PATCH: Call<"patch">;
  DELETE: Call<"delete">;
  /** Adds middleware of openapi-fetch. It sees each call once, however often the request is sent. */
  use(...middleware: Middleware[]): void;
  /** Iterates over the pages of a list. A page is asked for when the loop gets there. */
  pages<Path extends ListPath>(path: Path, ...rest: Rest<Init<Path, "get">>): AsyncGenerator<Item<Path>[]>;
  /** Iterates over the things of a list, page by page. */
  all<Path extends ListPath>(path: Path, ...rest: Rest<Init<Path, "get">>): AsyncGenerator<Item<Path>>;
  /**
   * Iterates over the events after `after`, oldest first, and then over each new one as it happens. It does not end by
   * itself: leave the loop, or abort the signal, whose reason is then thrown.
   *
   * When the connection breaks, or is silent for 45 seconds, the stream goes on over a new one after the last event that the
   * loop has seen, so that each is seen exactly once. While the server cannot be reached this goes on for ever, more and
   * more slowly; only if it could not be reached even once is that thrown, after the attempts of `retry`. To go on later,
   * keep `seq` of the last event and pass it as `after`.
   */
  events(options?: EventsOptions): AsyncGenerator<components["schemas"]["Event"]>;
}

export function createClient(options: ClientOptions): RoutecardClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const headers: Record<string, string> = options.apiKey ? { Authorization: `Bearer ${options.apiKey}` } : {};
  // Looked up for each call: tests and tracing replace the global one.
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const policy = withDefaults(options.retry);
  const client = createFetchClient<paths, Json>({ baseUrl, headers, fetch: retrying(send, policy) });

  // What stands above has the types; here a path is any path.
  type AnyGet = (path: string, init: object) => Promise<{ data: unknown[]; response: Response }>;
  const get = client.GET as unknown as AnyGet;

  async function* pages(path: string, init: { params?: { query?: object } } = {}) {
    const query = { limit: pageSize, ...init.params?.query };
    let { data, response } = await get(path, { ...init, params: { ...init.params, query } });
    for (;;) {
      yield data;
      const next = nextQuery(response.headers.get("Link"));
      if (next === undefined) return;
      ({ data, response } = await get(path, { ...init, querySerializer: () => next }));
    }
  }

  async function* all(path: string, init?: object) {
    for await (const page of pages(path, init)) yield* page;
  }

  const { GET, PUT, PATCH, DELETE, use } = client;
  // Where a body may be left out, the server still wants a content type: so that no page of another origin can post.
  const POST = (path: "/api/jobs", init: { body?: object }) => client.POST(path, { ...init, body: (init?.body ?? {}) as never });
  const untyped = {
    ...{ GET, POST, PUT, PATCH, DELETE, use, pages, all },
    events: (asked: EventsOptions = {}) => follow(send, policy, `${baseUrl}/api/events`, headers, asked),
  };
  return untyped as unknown as RoutecardClient;
}
