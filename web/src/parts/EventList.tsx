import type { Schemas } from "../api.js";
import { formatTime } from "../format.js";
import { nameEvent } from "../words.js";

/** Events, newest first: what happened, who says so, and when. */
export function EventList({ events, withUnits }: { events: readonly Schemas["Event"][]; withUnits: boolean }) {
  return (
    <ol class="events">
      {events.map((event) => (
        <li key={event.id}>
          <strong>{nameEvent(event.type)}</strong>
          {withUnits && event.serialId !== undefined && <a href={`/units/${encodeURIComponent(event.serialId)}`}>{event.serialId}</a>}
          {detailsOf(event).map((text) => (
            <span key={text}>{text}</span>
          ))}
          <span class="muted">
            {event.userId} · <time dateTime={event.at}>{formatTime(event.at)}</time>
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Returns what the data of an event says to a person: the step, the reason, and the text of a note. */
function detailsOf({ data }: Schemas["Event"]): string[] {
  const { fromStepName: from, toStepName: to } = data;
  const move = typeof from === "string" && typeof to === "string" ? `${from} → ${to}` : (from ?? to);
  return [move, data["stepName"], data["reason"], data["explanation"], data["text"]].filter((value) => typeof value === "string" && value !== "") as string[];
}
