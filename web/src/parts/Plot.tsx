import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";

import "../shared.js";
import { theme } from "../theme.js";
import { words } from "../words.js";

/** One line, or one bar of each group. */
export interface Series {
  readonly name: string;
  readonly color: "accent" | "good" | "bad" | "quiet";
  readonly values: readonly (number | null)[];
  /** Whether the line is one to compare the others with: it is dashed and has no points. */
  readonly isReference?: boolean;
}

/** What the x axis shows: moments, or names of groups. */
export type Axis = { readonly kind: "time"; readonly moments: readonly Date[] } | { readonly kind: "names"; readonly names: readonly string[] };

const height = 280;
/** The width of a group of bars from which its name is written level, in pixels. */
const levelNames = 120;
const longestName = 16;
const colors = { accent: "--accent", good: "--good-ink", bad: "--bad-ink", quiet: "--muted" };

/** A plot of a few series: lines over time, or bars by name. The same numbers stand in a table beside it. */
export function Plot({ axis, series }: { axis: Axis; series: readonly Series[] }) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = theme.value;
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let plot: UPlot | undefined;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = () => {
      plot?.destroy();
      plot = new UPlot(options(element, axis, series), data(axis, series), element);
    };
    draw();
    dark.addEventListener("change", draw);
    const observer = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      dark.removeEventListener("change", draw);
      observer.disconnect();
      plot?.destroy();
    };
  }, [axis, series, scheme]);
  const points = axis.kind === "time" ? axis.moments.length : axis.names.length;
  return <div class="plot" ref={box} role="img" aria-label={words.plotSummary(series.map(({ name }) => name), points)} />;
}

function data(axis: Axis, series: readonly Series[]): UPlot.AlignedData {
  const x = axis.kind === "time" ? axis.moments.map((moment) => moment.getTime() / 1000) : axis.names.map((_, i) => i);
  return [x, ...series.map(({ values }) => [...values])] as UPlot.AlignedData;
}

function options(element: HTMLElement, axis: Axis, series: readonly Series[]): UPlot.Options {
  const style = getComputedStyle(element);
  // Custom properties hold the text of light-dark(), so the color is read where the browser has computed it.
  const probe = document.createElement("span");
  element.append(probe);
  const color = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const common = {
    stroke: color("--muted"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1 },
  };
  const bars = (i: number) => {
    const paths = UPlot.paths.bars;
    const width = 0.7 / series.length;
    return paths ? { paths: paths({ size: [width, 60], align: barAlign(i, series.length) }) } : {};
  };
  const isSlanted = axis.kind === "names" && element.clientWidth / axis.names.length < levelNames;
  const plot: UPlot.Options = {
    width: element.clientWidth,
    height,
    padding: [16, isSlanted ? 56 : 16, 0, 0],
    cursor: { drag: { x: false, y: false } },
    scales: axis.kind === "names" ? { x: { time: false, range: [-0.6, axis.names.length - 0.4] }, y: fromZero } : { y: fromZero },
    axes: [
      axis.kind === "names"
        ? {
            ...common,
            grid: { show: false },
            splits: () => axis.names.map((_, i) => i),
            values: (_, at) => at.map((i) => shorten(axis.names[i])),
            ...(isSlanted ? { rotate: -45, size: 86 } : {}),
          }
        : common,
      { ...common, size: 56 },
    ],
    series: [
      axis.kind === "names" ? { value: (_, i) => axis.names[i] ?? "" } : {},
      ...series.map(({ name, color: shade, isReference = false }, i) => ({
        label: name,
        stroke: color(colors[shade]),
        fill: axis.kind === "names" ? color(colors[shade]) : undefined,
        width: axis.kind === "names" ? 0 : 2,
        points: { show: axis.kind === "time" && !isReference },
        ...(isReference && { dash: [6, 4] }),
        spanGaps: true,
        ...(axis.kind === "names" ? bars(i) : {}),
      })),
    ] as UPlot.Series[],
  };
  probe.remove();
  return plot;
}

const fromZero: UPlot.Scale = { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] };

/** Returns on which side of its place the bar of a series stands: two series stand beside each other. */
function barAlign(i: number, count: number): -1 | 0 | 1 {
  if (count === 1) return 0;
  return i === 0 ? -1 : 1;
}

/** Shortens a name so that it fits below its bar. */
function shorten(name = ""): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName - 1)}…`;
}
