import { useMemo } from "preact/hooks";

import { outline, type Symbology } from "./outline.js";

/** A code that holds exactly the text. */
export function Barcode({ symbology, text, class: className }: { symbology: Symbology; text: string; class?: string }) {
  const { width, height, margin, path } = useMemo(() => outline(symbology, text), [symbology, text]);
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
