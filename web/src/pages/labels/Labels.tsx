import { Barcode } from "./Barcode.js";
import type { Symbology } from "./symbology.js";
import type { PrintedUnit } from "./units.js";
import { paginate, type Sheet } from "./sheets.js";

/** Pages of labels, in their real size. */
export function Labels({
  units,
  sheet,
  symbology,
  used,
}: {
  units: readonly PrintedUnit[];
  sheet: Sheet;
  symbology: Symbology;
  used: number;
}) {
  return (
    <>
      {paginate(units, sheet.perPage, used).map((page, i) => (
        <div class={`label-page label-page-${sheet.id}`} key={i}>
          {page.map((unit, place) => (
            <div class={`label label-${symbology}`} key={place}>
              {unit && (
                <>
                  <Barcode class="label-code" symbology={symbology} text={unit.serialId} />
                  <div class="label-words">
                    <p class="label-serial">{unit.serialId}</p>
                    <p class="label-job">{unit.jobName}</p>
                    {unit.partNumber !== undefined && <p class="label-part">{unit.partNumber}</p>}
                  </div>
                </>
              )}
            </div>
          ))}
        </div>
      ))}
    </>
  );
}
