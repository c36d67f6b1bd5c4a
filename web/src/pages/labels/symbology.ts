/** The kinds of codes that a label can have. */
export type Symbology = "datamatrix" | "qrcode" | "code128";

/** Reports whether a code can hold the text: readers of Code 128 show other characters than those of ASCII wrongly. */
export function canHold(symbology: Symbology, text: string): boolean {
  return symbology !== "code128" || /^[\x20-\x7e]*$/.test(text);
}
