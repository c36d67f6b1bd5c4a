import { TriangleAlert } from "lucide";

import type { Schemas } from "../../api.js";
import { formatNumber } from "../../format.js";
import { Icon } from "../../parts/Icon.js";
import { words } from "./words.js";

/** A path as a map: its steps in order, with the units that stand at each. A step leads to its units. */
export function RouteMap({ path }: { path: Schemas["PathDetail"] }) {
  return (
    <>
      <h2>{path.name}</h2>
      <ol class="route-map">
        {path.distribution.map((step) => (
          <li key={step.stepId} class={step.isBottleneck ? "is-bottleneck" : undefined}>
            <a href={`/jobs/${encodeURIComponent(path.jobId)}?step=${encodeURIComponent(step.stepId)}`} title={words.showUnits(step.stepName)}>
              <span class="route-name">
                {step.stepOrder + 1}. {step.stepName}
              </span>
              <strong>{formatNumber(step.partCount)}</strong>
              <span class="muted">{step.location}</span>
              {step.isBottleneck && (
                <span class="route-mark">
                  <Icon node={TriangleAlert} /> {words.bottleneck}
                </span>
              )}
            </a>
          </li>
        ))}
      </ol>
      <p class="muted">{words.completed(formatNumber(path.completedCount))}</p>
    </>
  );
}
