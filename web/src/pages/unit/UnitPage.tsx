import { useSignal } from "@preact/signals";
import { useLocation, useRoute } from "preact-iso/router";

import { client, mayOperate, mayWrite, type Schemas } from "../../api.js";
import { formatTime } from "../../format.js";
import { useLoaded } from "../../loaded.js";
import { announce } from "../../parts/Announcement.js";
import { EventList } from "../../parts/EventList.js";
import { Failure } from "../../parts/Failure.js";
import { words as shared } from "../../words.js";
import { ActionButtons, nameOf } from "./ActionButtons.js";
import { CommandDialog, hasDialog } from "./CommandDialog.js";
import { nothingTyped, sendCommand, type ShownUnit, type Typed } from "./commands.js";
import { words } from "./words.js";

/** A command that waits for what a person types, for the unit as it was shown when the dialog opened. */
interface Asked {
  shown: ShownUnit;
  action: Schemas["SerialAction"];
}

const maxEvents = 100;

/** One unit: where it stands, what it has done, and the commands for it. */
export function UnitPage() {
  const { params } = useRoute();
  const { route } = useLocation();
  const id = params["id"] ?? "";
  const failed = useSignal<unknown>(undefined);
  const asked = useSignal<Asked | undefined>(undefined);
  const { loaded, reload } = useLoaded(async () => {
    const [{ data, response }, events] = await Promise.all([
      client().serials.get(id).withResponse(),
      client().events.list({ query: { serialId: id, order: "desc", limit: maxEvents } }),
    ]);
    return { shown: { unit: data, etag: response.headers.get("ETag") ?? "" }, events };
  }, [id]);

  if (loaded.name === "loading") return <p class="loading">{shared.loading}</p>;
  if (loaded.name === "failed") return <Failure error={loaded.error} retry={() => void reload()} />;
  const { shown, events } = loaded.value;
  const { unit } = shown;
  const send = async ({ shown, action }: Asked, typed: Typed) => {
    await sendCommand(shown, action, typed);
    failed.value = undefined;
    announce(words.done[action.action]);
    if (action.action === "delete") route(`/jobs/${encodeURIComponent(unit.jobId)}`);
    else await reload();
  };
  const sendAtOnce = async (action: Schemas["SerialAction"]) => {
    try {
      await send({ shown, action }, nothingTyped);
    } catch (error) {
      failed.value = error;
      await reload();
    }
  };
  const choose = (action: Schemas["SerialAction"]) => {
    failed.value = undefined;
    if (hasDialog(action.action)) asked.value = { shown, action };
    else void sendAtOnce(action);
  };
  const offered = mayOperate() ? unit.actions.filter(({ action }) => action !== "delete" || mayWrite()) : [];
  const stepNames = new Map(unit.steps.map(({ stepId, stepName }) => [stepId, stepName]));
  const at = asked.value;
  return (
    <>
      <p>
        <a href={`/jobs/${encodeURIComponent(unit.jobId)}`}>{unit.job.name}</a> · {unit.path.name}
      </p>
      <header class="page-head">
        <h1>{unit.id}</h1>
        <span class={`tag status-${unit.status}`}>{shared.statuses[unit.status]}</span>
      </header>
      <Ending unit={unit} />
      {failed.value !== undefined && <Failure error={failed.value} />}
      {offered.length > 0 && <ActionButtons actions={offered.filter(({ stepId }) => stepId === undefined)} stepName="" onChoose={choose} />}
      <section aria-labelledby="steps">
        <h2 id="steps">{words.steps}</h2>
        <ol class="rail">
          {unit.steps.map((step) => (
            <StepOfUnit key={step.stepId} step={step} actions={offered.filter(({ stepId }) => stepId === step.stepId)} onChoose={choose} />
          ))}
        </ol>
      </section>
      <section aria-labelledby="history">
        <h2 id="history">{words.history}</h2>
        <EventList events={events} withUnits={false} />
        {events.length === maxEvents && <p class="muted">{words.older}</p>}
      </section>
      {at && (
        <CommandDialog
          action={at.action.action}
          title={nameOf(at.action, stepNames.get(at.action.stepId ?? "") ?? "")}
          send={(typed) => send(at, typed)}
          onClose={() => (asked.value = undefined)}
        />
      )}
    </>
  );
}

/** Why, when, and by whom a unit was scrapped, or completed although steps were open. */
function Ending({ unit }: { unit: Schemas["SerialDetail"] }) {
  if (unit.scrapReason !== undefined) {
    return (
      <p>
        {words.scrapped(shared.scrapReasons[unit.scrapReason], unit.scrapExplanation ?? "")} <By user={unit.scrappedBy} at={unit.scrappedAt} />
      </p>
    );
  }
  if (!unit.forceCompleted) return null;
  return (
    <p>
      {words.forced(unit.forceReason ?? "")} <By user={unit.forceCompletedBy} at={unit.forceCompletedAt} />
    </p>
  );
}

interface StepOfUnitProps {
  step: Schemas["SerialStep"];
  actions: readonly Schemas["SerialAction"][];
  onChoose: (action: Schemas["SerialAction"]) => void;
}

function StepOfUnit({ step, actions, onChoose }: StepOfUnitProps) {
  return (
    <li class={`rail-step rail-${step.status}`} aria-current={step.status === "in_progress" ? "step" : undefined}>
      <strong>{step.stepName}</strong>
      <span>
        {words.stepStatuses[step.status]}
        {step.overridden ? ` · ${words.overridden}` : step.optional && ` · ${words.optional}`}
      </span>
      <By user={step.userId} at={step.at} />
      {step.location !== undefined && <span class="muted">{words.atLocation(step.location)}</span>}
      {step.assignedTo !== undefined && <span class="muted">{words.assigned(step.assignedTo)}</span>}
      {actions.length > 0 && <ActionButtons actions={actions} stepName={step.stepName} onChoose={onChoose} />}
    </li>
  );
}

/** Who did something, and when. */
function By({ user, at }: { user: string | undefined; at: string | undefined }) {
  if (user === undefined && at === undefined) return null;
  return (
    <span class="muted">
      {user !== undefined && words.who(user)} {at !== undefined && <time dateTime={at}>{formatTime(at)}</time>}
    </span>
  );
}
