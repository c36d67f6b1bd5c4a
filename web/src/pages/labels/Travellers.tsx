import { Barcode } from "./Barcode.js";
import type { Symbology } from "./symbology.js";
import type { PaperId } from "./sheets.js";
import type { PrintedUnit } from "./units.js";
import { words } from "./words.js";

/** One page for each unit, which travels with the unit: its description, and its steps to be signed. */
export function Travellers({ units, paper, symbology }: { units: readonly PrintedUnit[]; paper: PaperId; symbology: Symbology }) {
  return (
    <>
      {units.map((unit) => (
        <article class={`traveller traveller-${paper}`} key={unit.serialId}>
          <header>
            <div>
              <h2>{unit.serialId}</h2>
              <dl>
                <dt>{words.job}</dt>
                <dd>{unit.jobName}</dd>
                {unit.partNumber !== undefined && (
                  <>
                    <dt>{words.partNumber}</dt>
                    <dd>{unit.partNumber}</dd>
                  </>
                )}
                <dt>{words.path}</dt>
                <dd>{unit.path?.name}</dd>
                {unit.dueDate !== undefined && (
                  <>
                    <dt>{words.due}</dt>
                    <dd>{unit.dueDate}</dd>
                  </>
                )}
              </dl>
            </div>
            <Barcode class={`traveller-code traveller-code-${symbology}`} symbology={symbology} text={unit.serialId} />
          </header>
          <table>
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">{words.step}</th>
                <th scope="col">{words.location}</th>
                <th scope="col">{words.done}</th>
                <th scope="col">{words.date}</th>
              </tr>
            </thead>
            <tbody>
              {unit.path?.steps.map((step, i) => (
                <tr key={step.id}>
                  <td>{i + 1}</td>
                  <td>
                    {step.name}
                    {step.optional && ` (${words.optional})`}
                  </td>
                  <td>{step.location}</td>
                  <td />
                  <td />
                </tr>
              ))}
            </tbody>
          </table>
        </article>
      ))}
    </>
  );
}
