import { words } from "./words.js";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const shortTime = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });

/** Says whether the numbers are true: when they were read, or since when the server is gone. */
export function StateBand({ lostAt, loadedAt }: { lostAt: Date | undefined; loadedAt: Date | undefined }) {
  return (
    <header class={lostAt ? "board-band board-band-lost" : "board-band"}>
      <h1>{words.jobs}</h1>
      <p class="board-state" role="status">
        <span>{lostAt ? `▲ ${words.lost(shortTime.format(lostAt))}` : `● ${words.live}`}</span>
        {loadedAt && <span>{lostAt ? words.numbersFrom(time.format(loadedAt)) : words.updated(time.format(loadedAt))}</span>}
      </p>
    </header>
  );
}
