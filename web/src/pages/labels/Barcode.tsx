import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Outline } from "./outline.js";
import type { Symbology } from "./symbology.js";

/** Draws codes. It is loaded with the first code, because it is larger than all pages together. */
const encoder = signal<((symbology: Symbology, text: string) => Outline) | undefined>(undefined);

async function loadEncoder(): Promise<void> {
  const { outline } = await import("./outline.js");
  encoder.value = outline;
}

/** A code that holds exactly the text. */
export function Barcode({ symbology, text, class: className }: { symbology: Symbology; text: string; class?: string }) {
  const encode = encoder.value;
  useEffect(() => {
    if (!encode) void loadEncoder();
  }, []);
  const code = useMemo(() => encode?.(symbology, text), [encode, symbology, text]);
  if (!code) return <span class={className} />;
  const { width, height, margin, path } = code;
  return (
    <svg
      class={className}
      viewBox={`${-margin.x} ${-margin.y} ${width} ${height}`}
      preserveAspectRatio={symbology === "code128" ? "none" : "xMidYMid"}
      role="img"
      aria-label={text}
      shape-rendering="crispEdges"
    >
      <path d={path} fill="#000" fill-rule="evenodd" />
    </svg>
  );
}
