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

/** The items that are loaded. */
export interface PagedList<T> {
  list: Loaded<T[]>;
  /** Must be called with the rows in view: the first one, and the one after the last one. Loads what is missing there. */
  reach: (first: number, end: number) => void;
  reload: () => Promise<void>;
}

/** Rows before and behind the rows in view that are loaded, too. */
const margin = 50;

/**
 * Loads a list page by page while the user scrolls. After a change on the server it loads the pages in view again, and each other page
 * when the user gets back to it. It starts over when one of the inputs changes.
 */
export function usePagedList<T>(fetchPage: (cursor: string | undefined) => Promise<Page<T>>, inputs: readonly unknown[]): PagedList<T> {
  const list = useSignal<Loaded<T[]>>({ name: "loading" });
  const latest = useRef(fetchPage);
  latest.current = fetchPage;
  const view = useRef({ first: 0, end: 0 });
  const actions = useRef({ reload: async () => {}, more: async () => {} });
  useEffect(() => {
    const abort = new AbortController();
    /** Rises when the list may have changed on the server. */
    let version = 0;
    let pages: (Page<T> & { version: number })[] = [];
    let loading: Promise<void> | undefined;
    view.current = { first: 0, end: 0 };
    list.value = { name: "loading" };

    /** Returns the place of the first page in view that is not loaded, or that may have changed. */
    const missingPage = (): number | undefined => {
      const { first, end } = view.current;
      let rows = 0;
      for (const [place, page] of pages.entries()) {
        if (rows >= end + margin) return undefined;
        rows += page.items.length;
        if (page.version !== version && rows >= first - margin) return place;
      }
      const last = pages.at(-1);
      return !last || (last.next !== undefined && rows < end + margin) ? pages.length : undefined;
    };
    const loadMissing = async () => {
      try {
        // The view and the version may change during a request.
        for (let place = missingPage(); place !== undefined; place = missingPage()) {
          const known = version;
          const page = await latest.current(pages[place - 1]?.next);
          if (abort.signal.aborted) return;
          // When another item follows the page now, the pages behind it are out of date.
          const behind = pages[place]?.next === page.next ? pages.slice(place + 1) : [];
          pages = [...pages.slice(0, place), { ...page, version: known }, ...behind];
        }
        // Not earlier: a list that gets shorter for a moment would scroll.
        list.value = { name: "loaded", value: pages.flatMap(({ items }) => items) };
      } finally {
        // In the same turn of the event loop as the last check of the view, so that the view does not change in between.
        loading = undefined;
      }
    };
    const load = async () => {
      if (!loading && missingPage() !== undefined) loading = loadMissing();
      await loading;
    };
    const refetch = async () => {
      version++;
      try {
        await load();
      } catch (error) {
        const shows = list.peek().name === "loaded" && !(error instanceof RoutecardError && error.statusCode < 500);
        if (!abort.signal.aborted && !shows) list.value = { name: "failed", error };
        throw error;
      }
    };
    actions.current = {
      reload: () => refetch().catch(() => {}),
      // The next scroll or change tries again, and the connection's state is on the screen.
      more: () => load().catch(() => {}),
    };
    const stop = followChanges(refetch);
    return () => {
      abort.abort();
      stop();
    };
  }, inputs);
  return {
    list: list.value,
    reach: (first, end) => {
      view.current = { first, end };
      void actions.current.more();
    },
    reload: () => actions.current.reload(),
  };
}
