import type { Schemas } from "../../api.js";
import { words } from "./words.js";

export type Work = Schemas["WorkItem"];

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" });

/** The work that waits at the station, the most urgent first. */
export function Queue({ work }: { work: readonly Work[] }) {
  if (work.length === 0) return <p class="floor-hint">{words.queueEmpty}</p>;
  return (
    <ul class="floor-queue">
      {work.map((item) => (
        <li key={item.stepId}>
          <span class="floor-queue-count" aria-label={words.waiting(item.waiting)}>
            {item.waiting}
          </span>
          <span class="floor-queue-words">
            <strong>{item.jobName}</strong>
            <span>
              {item.pathName}, {item.stepName}
            </span>
            <span class="floor-hint">
              {[
                item.priority === undefined || item.priority === "normal" ? "" : words.priorities[item.priority],
                item.dueDate === undefined ? "" : words.due(day.format(new Date(item.dueDate))),
                item.oldestSince === undefined ? "" : words.since(moment.format(new Date(item.oldestSince))),
                item.incoming > 0 ? words.incoming(item.incoming) : "",
                item.toCreate === undefined ? "" : words.toCreate(item.toCreate),
              ]
                .filter((part) => part !== "")
                .join(" · ")}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
