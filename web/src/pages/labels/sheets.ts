/** A sheet or roll that labels are printed on. `class` gives its measures in labels.css. */
export interface Sheet {
  readonly id: SheetId;
  readonly name: string;
  /** How many labels a page has. */
  readonly perPage: number;
}

export type SheetId = "a4" | "letter" | "roll62" | "roll30";

export const sheets: readonly Sheet[] = [
  { id: "a4", name: "A4, 24 labels (Avery L7159)", perPage: 24 },
  { id: "letter", name: "Letter, 30 labels (Avery 5160)", perPage: 30 },
  { id: "roll62", name: "Roll, 62 × 29 mm", perPage: 1 },
  { id: "roll30", name: "Roll, 30 × 20 mm", perPage: 1 },
];

/** The pages that travellers are printed on. */
export type PaperId = "a4" | "letter";

/**
 * Distributes labels to pages. The first `used` places of the first page stay empty, because those labels have been peeled off.
 */
export function paginate<T>(labels: readonly T[], perPage: number, used: number): (T | undefined)[][] {
  const places: (T | undefined)[] = [...Array.from({ length: used }, () => undefined), ...labels];
  const pages: (T | undefined)[][] = [];
  for (let i = 0; i < places.length; i += perPage) pages.push(places.slice(i, i + perPage));
  return pages;
}

/** Returns the serial numbers in a text, each once: they are separated by spaces, commas, semicolons, or lines. */
export function readSerials(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ""))];
}
