import type { Board } from "./load.js";
import { words } from "./words.js";

const number = new Intl.NumberFormat();

/** How many steps are listed. */
const maxSteps = 12;

/** The numbers of today, and where units wait. */
export function Totals({ board }: { board: Board }) {
  const most = board.steps[0]?.waiting ?? 1;
  return (
    <aside class="board-totals">
      <dl>
        <Total label={words.completedToday} value={board.completedToday} />
        <Total label={words.inProgress} value={board.inProgress} />
        <Total label={words.scrappedToday} value={board.scrappedToday} />
        <Total label={words.lateJobs} value={board.lateJobs} isBad={board.lateJobs > 0} />
      </dl>
      <h2>{words.byStep}</h2>
      <ul class="board-steps">
        {board.steps.slice(0, maxSteps).map(({ name, waiting }) => (
          <li key={name}>
            <span>{name}</span>
            <meter class="board-meter" aria-hidden="true" min={0} max={most} value={waiting} />
            <strong>{number.format(waiting)}</strong>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function Total({ label, value, isBad = false }: { label: string; value: number; isBad?: boolean }) {
  return (
    <div class={isBad ? "board-total board-total-bad" : "board-total"}>
      <dt>{label}</dt>
      <dd>{number.format(value)}</dd>
    </div>
  );
}
