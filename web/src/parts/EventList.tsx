import type { Schemas } from "../api.js";
import { formatTime } from "../format.js";
import { nameEvent } from "../plannerWords.js";

/** Events, newest first: what happened, who says so, and when. */
export function EventList({ events, withUnits }: { events: readonly Schemas["Event"][]; withUnits: boolean }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <li key={event.id}>
          <strong>{nameEvent(event.type)}</strong>
          {withUnits && event.serialId !== undefined && <a href={`/units/${encodeURIComponent(event.serialId)}`}>{event.serialId}</a>}
          <span class="muted">
            {event.userId} · <time dateTime={event.at}>{formatTime(event.at)}</time>
          </span>
        </li>
      ))}
    </ol>
  );
}
