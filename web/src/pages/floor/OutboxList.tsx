import type { Entry } from "../../outbox.js";
import type { Floor } from "./floor.js";
import { words } from "./words.js";

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** What waits for the connection, and what the server has refused after it waited. */
export function OutboxList({ floor }: { floor: Floor }) {
  const waiting = floor.waiting.value;
  const refused = floor.refused.value;
  return (
    <>
      {waiting.length > 0 && (
        <section class="floor-outbox" aria-label={words.outboxWaiting(waiting.length)}>
          <h2>{words.outboxWaiting(waiting.length)}</h2>
          <ul>
            {waiting.map((entry) => (
              <li key={entry.id}>
                <EntryName entry={entry} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {refused.length > 0 && (
        <section class="floor-outbox floor-outbox-refused" aria-label={words.refusedTitle}>
          <h2>{words.refusedTitle}</h2>
          <ul>
            {refused.map((entry) => (
              <li key={entry.id}>
                <EntryName entry={entry} />
                {entry.state.name === "refused" && <p>{entry.state.reason}</p>}
                <button type="button" class="floor-quiet" onClick={() => void floor.outbox.dismiss(entry.id)}>
                  {words.seen}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function EntryName({ entry }: { entry: Entry }) {
  return (
    <span>
      <strong>{entry.serialId}</strong> {words[entry.command.type]} <time>{time.format(new Date(entry.occurredAt))}</time>
    </span>
  );
}
