import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { nextQuery } from "../../sdk/typescript/src/link.js";
import { RoutecardError } from "./api.js";
import { followChanges } from "./live.js";
import type { Loaded } from "./loaded.js";

/** One page of a list, and the cursor of the next one. */
export interface Page<T> {
  items: T[];
  next: string | undefined;
}

/** Converts a response to a page. */
export function toPage<T>({ data, response }: { data: T[]; response: Response }): Page<T> {
  return { items: data, next: nextCursor(response) };
}

/** Returns the cursor of the page that follows the response, or undefined if it is the last one. */
export function nextCursor(response: Response): string | undefined {
  const query = nextQuery(response.headers.get("Link"));
  return query === undefined ? undefined : (new URLSearchParams(query).get("cursor") ?? undefined);
}

/** The items that are loaded, and whether the server has more. */
export interface PagedList<T> {
  list: Loaded<Page<T>>;
  /** Must be called with the number of rows that the user has reached. Loads the next page when they run out. */
  reach: (rows: number) => void;
  reload: () => Promise<void>;
}

/** Rows that are loaded before the user reaches them. */
const ahead = 50;

/**
 * Loads a list page by page while the user scrolls. After a change on the server it loads the pages again, down to the rows that
 * the user has reached; the rest is loaded when the user gets there. It starts over when one of the inputs changes.
 */
export function usePagedList<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>, inputs: readonly unknown[]): PagedList<T> {
  const list = useSignal<Loaded<Page<T>>>({ name: "loading" });
  const latest = useRef(fetchPage);
  latest.current = fetchPage;
  const reached = useRef(0);
  const actions = useRef<{ reload: () => Promise<void>; more: () => Promise<void> }>({ reload: async () => {}, more: async () => {} });
  useEffect(() => {
    const abort = new AbortController();
    const rounds = { current: 0, loadingMore: false };
    reached.current = 0;
    list.value = { name: "loading" };

    const refetch = async () => {
      const round = ++rounds.current;
      try {
        let page = await latest.current(undefined);
        const items = page.items;
        while (page.next !== undefined && items.length < reached.current + ahead) {
          page = await latest.current(page.next);
          items.push(...page.items);
        }
        if (!abort.signal.aborted && round === rounds.current) list.value = { name: "loaded", value: { items, next: page.next } };
      } catch (error) {
        const shows = list.peek().name === "loaded" && !(error instanceof RoutecardError && error.statusCode < 500);
        if (!abort.signal.aborted && !shows) list.value = { name: "failed", error };
        throw error;
      }
    };
    const more = async () => {
      const before = list.peek();
      if (rounds.loadingMore || before.name !== "loaded" || before.value.next === undefined) return;
      if (before.value.items.length >= reached.current + ahead) return;
      const round = rounds.current;
      rounds.loadingMore = true;
      try {
        const page = await latest.current(before.value.next);
        // A refetch has replaced the items in the meantime.
        if (abort.signal.aborted || round !== rounds.current) return;
        list.value = { name: "loaded", value: { items: [...before.value.items, ...page.items], next: page.next } };
      } catch {
        // The next scroll or change tries again, and the connection's state is on the screen.
      } finally {
        rounds.loadingMore = false;
      }
    };
    actions.current = { reload: () => refetch().catch(() => {}), more };
    const stop = followChanges(refetch);
    return () => {
      abort.abort();
      stop();
    };
  }, inputs);
  return {
    list: list.value,
    reach: (rows) => {
      reached.current = rows;
      void actions.current.more();
    },
    reload: () => actions.current.reload(),
  };
}
