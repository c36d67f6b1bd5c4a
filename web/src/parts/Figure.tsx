import type { ComponentChildren } from "preact";

import { toCsv, type Cell } from "../csv.js";
import { words } from "../words.js";
import { lazy } from "./lazy.js";

/** The plot of a figure. It is loaded with the first figure, because it is large. */
export const Plot = lazy(async () => (await import("./Plot.js")).Plot);

/** A plot with its title, and the same numbers as a table and as a CSV file. */
export function Figure({
  title,
  hint,
  head,
  rows,
  csvRows = rows,
  fileName,
  children,
}: {
  title: string;
  hint: string;
  head: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** The rows of the CSV file, if they are not those of the table. */
  csvRows?: readonly (readonly Cell[])[];
  fileName: string;
  children: ComponentChildren;
}) {
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toCsv(head, csvRows)], { type: "text/csv;charset=utf-8" }));
    link.download = fileName;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <section class="figure" aria-label={title}>
      <h2>{title}</h2>
      <p class="figure-hint">{hint}</p>
      {rows.length === 0 ? <p class="figure-none">{words.nothingHappened}</p> : <div class="figure-plot">{children}</div>}
      {rows.length > 0 && (
        <details>
          <summary>{words.showNumbers}</summary>
          <div class="figure-table" tabIndex={0} role="region" aria-label={`${title}: ${words.showNumbers}`}>
            <table>
              <thead>
                <tr>
                  {head.map((name) => (
                    <th scope="col" key={name}>
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, i) => (
                  <tr key={i}>
                    {row.map((cell, column) => (column === 0 ? <th scope="row">{cell}</th> : <td class={typeof cell === "number" ? "figure-number" : undefined}>{cell}</td>))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <button type="button" onClick={download}>
            {words.downloadCsv}
          </button>
        </details>
      )}
    </section>
  );
}
