import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { RoutecardError } from "./api.js";
import { followChanges } from "./live.js";
import type { Loaded } from "./loaded.js";
import { LongList, type ListSource } from "./longList.js";

/** A list that was left, and how far it was scrolled. */
export interface LeftList<T> {
  key: string;
  list: LongList<T>;
  scrollY: number;
}

/**
 * Shows a long list while the window scrolls, and loads what is in view again after each change on the server. It starts over when
 * the key changes, which says what the list contains. `left` is the list to go back to, at the place where it was left; `onLeave`
 * gets it.
 */
export function useLongList<T>(
  key: string,
  source: ListSource<T>,
  left: LeftList<T> | undefined,
  onLeave: (left: LeftList<T>) => void,
): { loaded: Loaded<LongList<T>>; show: (first: number, last: number) => void; reload: () => Promise<void> } {
  const back = useRef(left?.key === key ? left : undefined);
  const loaded = useSignal<Loaded<LongList<T>>>(back.current ? { name: "loaded", value: back.current.list } : { name: "loading" });
  const current = useRef<LongList<T> | undefined>(undefined);
  const reload = useRef<() => Promise<void>>(async () => {});

  useLayoutEffect(() => {
    if (back.current) scrollTo(0, back.current.scrollY);
  }, []);
  useEffect(() => {
    const list = back.current?.list ?? new LongList(source);
    const leaving = { key, list, scrollY };
    const keepScroll = () => (leaving.scrollY = scrollY);
    addEventListener("scroll", keepScroll, { passive: true });
    if (!back.current) loaded.value = { name: "loading" };
    back.current = undefined;
    current.current = list;
    list.onChange = () => (loaded.value = { name: "loaded", value: list });
    const refresh = async () => {
      try {
        await list.refresh();
      } catch (error) {
        const shows = loaded.peek().name === "loaded" && !(error instanceof RoutecardError && error.statusCode < 500);
        if (current.current === list && !shows) loaded.value = { name: "failed", error };
        throw error;
      }
    };
    reload.current = () => refresh().catch(() => {});
    const stop = followChanges(refresh);
    return () => {
      stop();
      removeEventListener("scroll", keepScroll);
      list.onChange = () => {};
      current.current = undefined;
      onLeave(leaving);
    };
  }, [key]);
  return {
    loaded: loaded.value,
    // The next scroll or change tries again, and the connection's state is on the screen.
    show: (first, last) => void current.current?.show(first, last).catch(() => {}),
    reload: () => reload.current(),
  };
}
