import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { client, messageOf } from "../../api.js";
import { useJobInAddress } from "../../jobAddress.js";
import { JobField } from "../../parts/JobField.js";
import { Choice } from "../../parts/TextField.js";
import "../../shared.js";
import { Figures, type Insights } from "./Figures.js";
import { words } from "./words.js";

type Days = keyof typeof words.periods;

type View = { name: "loading" } | { name: "failed"; message: string } | { name: "loaded"; insights: Insights };

const periods = Object.keys(words.periods).map(Number) as Days[];
/** From this number of days on, a bucket is a week. */
const weeklyFrom = 90;

/** Numbers over time: throughput, work in progress, time at step, and scrap, of all jobs or of the one in the address (?job=). */
export function InsightsPage() {
  const view = useSignal<View>({ name: "loading" });
  const days = useSignal<Days>(30);
  const [jobId, changeJob] = useJobInAddress();

  const load = async () => {
    const bucket = days.value >= weeklyFrom ? "week" : "day";
    const to = new Date();
    const period = {
      from: new Date(to.getTime() - days.value * 86_400_000).toISOString(),
      to: to.toISOString(),
      ...(jobId !== "" && { jobId }),
    };
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    try {
      const [throughput, steps, scrap] = await Promise.all([
        client().GET("/api/insights/throughput", { params: { query: { ...period, bucket, tz } } }),
        client().GET("/api/insights/steps", { params: { query: period } }),
        client().GET("/api/insights/scrap", { params: { query: period } }),
      ]);
      view.value = { name: "loaded", insights: { throughput: throughput.data, steps: steps.data, scrap: scrap.data } };
    } catch (error) {
      view.value = { name: "failed", message: messageOf(error) };
    }
  };
  useEffect(() => void load(), [days.value, jobId]);

  return (
    <div class="insights">
      <h1>{words.title}</h1>
      <form class="insights-filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label={words.period}
          value={String(days.value)}
          options={periods.map((choice) => [String(choice), words.periods[choice]])}
          onChange={(choice) => (days.value = Number(choice) as Days)}
        />
        <JobField label={words.job} jobId={jobId} none={words.allJobs} onChange={changeJob} />
      </form>
      {view.value.name === "loading" && <p role="status">{words.loading}</p>}
      {view.value.name === "failed" && (
        <p role="alert">
          {words.failed}: {view.value.message}{" "}
          <button type="button" onClick={() => void load()}>
            {words.retry}
          </button>
        </p>
      )}
      {view.value.name === "loaded" && <Figures insights={view.value.insights} />}
    </div>
  );
}
