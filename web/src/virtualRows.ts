import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll, type VirtualizerOptions } from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";

/** The rows to render, and the space in pixels that stands for the rows before and after them. */
export interface VirtualRows {
  indexes: number[];
  before: number;
  after: number;
}

/** Returns which rows of a list to render while the window scrolls. All rows have the same height in pixels. */
export function useVirtualRows(list: RefObject<HTMLElement | null>, count: number, rowHeight: number): VirtualRows {
  const [, render] = useReducer<number, void>((renders) => renders + 1, 0);
  const margin = useRef(0);
  const current = useRef<Virtualizer<Window, HTMLElement> | undefined>(undefined);
  const options: VirtualizerOptions<Window, HTMLElement> = {
    count,
    estimateSize: () => rowHeight,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialRect: { width: innerWidth, height: innerHeight },
    initialOffset: () => scrollY,
    scrollMargin: margin.current,
    overscan: 12,
    onChange: () => render(),
  };
  current.current ??= new Virtualizer(options);
  const virtualizer = current.current;
  virtualizer.setOptions(options);
  const height = useRef(rowHeight);
  if (height.current !== rowHeight) {
    height.current = rowHeight;
    virtualizer.measure();
  }
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => {
    const top = list.current ? list.current.getBoundingClientRect().top + scrollY : 0;
    if (Math.abs(top - margin.current) > 1) {
      margin.current = top;
      render();
    }
    virtualizer._willUpdate();
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return { indexes: [], before: 0, after: 0 };
  return {
    indexes: items.map((item) => item.index),
    before: first.start - margin.current,
    after: virtualizer.getTotalSize() - (last.end - margin.current),
  };
}
