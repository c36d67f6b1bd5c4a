import { useSignal } from "@preact/signals";
import { useRoute } from "preact-iso/router";

import { client, mayOperate, type Schemas } from "../../api.js";
import { useLoaded } from "../../loaded.js";
import { announce } from "../../parts/Announcement.js";
import { EventList } from "../../parts/EventList.js";
import { Failure } from "../../parts/Failure.js";
import { plannerWords } from "../../plannerWords.js";
import { words as shared } from "../../words.js";
import { ScrapDialog } from "../job/UnitList.js";
import { words } from "./words.js";

const maxEvents = 100;

/** One unit: where it stands, what it has done, and the commands for it. */
export function UnitPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const failed = useSignal<unknown>(undefined);
  const isScrapping = useSignal(false);
  const { loaded, reload } = useLoaded(async () => {
    const unit = await client().serials.get(id);
    const [job, path, events] = await Promise.all([
      client().jobs.get(unit.jobId),
      client().paths.get(unit.pathId),
      client().events.list({ query: { serialId: unit.id, order: "desc", limit: maxEvents } }),
    ]);
    return { unit, job, path, events };
  }, [id]);

  if (loaded.name === "loading") return <p class="loading">{shared.loading}</p>;
  if (loaded.name === "failed") return <Failure error={loaded.error} retry={() => void reload()} />;
  const { unit, job, path, events } = loaded.value;
  const run = async (send: () => Promise<unknown>, done: string) => {
    try {
      await send();
      announce(done);
      failed.value = undefined;
    } catch (error) {
      failed.value = error;
    }
    await reload();
  };
  const fromStepIndex = unit.currentStepIndex;
  return (
    <>
      <p>
        <a href={`/jobs/${encodeURIComponent(job.id)}`}>{job.name}</a> · {path.name}
      </p>
      <header class="page-head">
        <h1>{unit.id}</h1>
        <span class={`tag status-${unit.status}`}>{plannerWords.statuses[unit.status]}</span>
      </header>
      {mayOperate() && (
        <div class="actions">
          {unit.status === "in_progress" && (
            <>
              <button type="button" class="primary" onClick={() => void run(() => client().serials.advance(unit.id, { fromStepIndex }), words.advanced)}>
                {words.advance}
              </button>
              <button type="button" class="danger" onClick={() => (isScrapping.value = true)}>
                {words.scrap}
              </button>
            </>
          )}
          <button type="button" onClick={() => void run(() => client().serials.undo(unit.id), words.undone)}>
            {words.undo}
          </button>
        </div>
      )}
      {failed.value !== undefined && <Failure error={failed.value} />}
      <section aria-labelledby="steps">
        <h2 id="steps">{words.steps}</h2>
        <ol class="rail">
          {unit.steps.map((step) => (
            <StepOfUnit key={step.stepId} step={step} />
          ))}
        </ol>
      </section>
      <section aria-labelledby="history">
        <h2 id="history">{words.history}</h2>
        <EventList events={events} withUnits={false} />
      </section>
      {isScrapping.value && (
        <ScrapDialog
          onClose={() => (isScrapping.value = false)}
          onScrap={(reason, explanation) => {
            isScrapping.value = false;
            void run(() => client().serials.scrap(unit.id, { reason, ...(explanation !== "" && { explanation }) }), words.scrapped);
          }}
        />
      )}
    </>
  );
}

function StepOfUnit({ step }: { step: Schemas["SerialStep"] }) {
  return (
    <li class={`rail-step rail-${step.status}`} aria-current={step.status === "in_progress" ? "step" : undefined}>
      <strong>{step.stepName}</strong>
      <span>
        {words.stepStatuses[step.status]}
        {step.overridden && ` · ${words.overridden}`}
      </span>
    </li>
  );
}
