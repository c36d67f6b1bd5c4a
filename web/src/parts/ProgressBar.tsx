import { formatNumber, toPercent } from "../format.js";
import { words } from "../words.js";

/** How far a job or a path is: a bar for the eye, and the numbers as text. */
export function ProgressBar({ done, underWay, scrapped, goal }: { done: number; underWay: number; scrapped: number; goal: number }) {
  const all = Math.max(goal, done + underWay, 1);
  return (
    <div class="progress">
      <div class="progress-track" aria-hidden="true">
        <span class="progress-done" style={{ width: `${(done / all) * 100}%` }} />
        <span class="progress-under-way" style={{ width: `${(underWay / all) * 100}%` }} />
      </div>
      <p class="progress-text">
        <strong>{words.doneOf(formatNumber(done), formatNumber(goal))}</strong>
        <span class="progress-percent">{words.percent(toPercent(done, goal))}</span>
        {underWay > 0 && <span>{words.underWay(formatNumber(underWay))}</span>}
        {scrapped > 0 && <span class="is-bad">{words.scrapped(formatNumber(scrapped))}</span>}
      </p>
    </div>
  );
}
