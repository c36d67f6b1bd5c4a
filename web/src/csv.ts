/** What a cell of a table or a CSV file contains. */
export type Cell = string | number;

/**
 * Returns a CSV file by RFC 4180. A text that a spreadsheet would read as a formula gets an apostrophe, because other people choose
 * the names.
 */
export function toCsv(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
