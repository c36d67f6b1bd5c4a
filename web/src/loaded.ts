import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { RoutecardError } from "./api.js";
import { followChanges } from "./live.js";

/** What a page has of its data. */
export type Loaded<T> = { name: "loading" } | { name: "failed"; error: unknown } | { name: "loaded"; value: T };

/**
 * Loads data, and loads it again after each change on the server. It starts over when one of the inputs changes. Data stays when
 * the server cannot be reached; it goes when the server refuses to send it. `reload` loads at once.
 */
export function useLoaded<T>(load: () => Promise<T>, inputs: readonly unknown[]): { loaded: Loaded<T>; reload: () => Promise<void> } {
  const loaded = useSignal<Loaded<T>>({ name: "loading" });
  const latest = useRef(load);
  latest.current = load;
  const reload = useRef<() => Promise<void>>(async () => {});
  useEffect(() => {
    const abort = new AbortController();
    let started = 0;
    let shown = 0;
    const refetch = async () => {
      const round = ++started;
      try {
        const value = await latest.current();
        // An answer that was overtaken by a newer one is out of date.
        if (abort.signal.aborted || round < shown) return;
        shown = round;
        loaded.value = { name: "loaded", value };
      } catch (error) {
        const shows = loaded.peek().name === "loaded" && !(error instanceof RoutecardError && error.statusCode < 500);
        if (!abort.signal.aborted && !shows) loaded.value = { name: "failed", error };
        throw error;
      }
    };
    loaded.value = { name: "loading" };
    reload.current = () => refetch().catch(() => {});
    const stop = followChanges(refetch);
    return () => {
      abort.abort();
      stop();
    };
  }, inputs);
  return { loaded: loaded.value, reload: () => reload.current() };
}
