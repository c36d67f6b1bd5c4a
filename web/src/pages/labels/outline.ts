import { code128, datamatrix, qrcode, type DrawingContext } from "bwip-js/generic";

import type { Symbology } from "./symbology.js";

/** A code as the path of an SVG image, with the white margin that readers need. */
export interface Outline {
  readonly width: number;
  readonly height: number;
  readonly margin: { readonly x: number; readonly y: number };
  readonly path: string;
}

/** How bwip-js draws each kind with 2 units for a module, and the width of the margin in modules. */
const kinds = {
  datamatrix: { encode: datamatrix, options: { scale: 1 }, margin: { x: 1, y: 1 } },
  qrcode: { encode: qrcode, options: { scale: 1, eclevel: "M" }, margin: { x: 4, y: 4 } },
  code128: { encode: code128, options: { scale: 2, height: 12 }, margin: { x: 10, y: 0 } },
};

const unitsPerModule = 2;

/** Returns the code for a text. */
export function outline(symbology: Symbology, text: string): Outline {
  const { encode, options, margin } = kinds[symbology];
  const drawing = new PathDrawing();
  encode({ bcid: symbology, text, ...options }, drawing);
  return {
    width: drawing.width + 2 * margin.x * unitsPerModule,
    height: drawing.height + 2 * margin.y * unitsPerModule,
    margin: { x: margin.x * unitsPerModule, y: margin.y * unitsPerModule },
    path: drawing.path,
  };
}

/** Collects what bwip-js draws. Codes without text consist of bars, which are lines, and of polygons. */
class PathDrawing implements DrawingContext<undefined> {
  width = 0;
  height = 0;
  path = "";

  scale(x: number, y: number): [number, number] {
    return [x, y];
  }

  measure() {
    return { width: 0, ascent: 0, descent: 0 };
  }

  init(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  /** Adds a vertical bar, whose middle is at x. */
  line(x: number, y0: number, _x1: number, y1: number, width: number): void {
    this.path += `M${x - width / 2} ${y0}h${width}V${y1}h${-width}Z`;
  }

  polygon(points: [number, number][]): void {
    this.path += `M${points.map(([x, y]) => `${x} ${y}`).join("L")}Z`;
  }

  hexagon(): void {}
  ellipse(): void {}
  fill(): void {}
  text(): void {}
  end(): undefined {}
}
