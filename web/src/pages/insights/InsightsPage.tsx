import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Schemas } from "../../api.js";
import { client, messageOf } from "../../api.js";
import "../../shared.js";
import { Figures, type Insights } from "./Figures.js";
import { words } from "./words.js";

type Job = Schemas["JobListItem"];
type Days = keyof typeof words.periods;

type View = { name: "loading" } | { name: "failed"; message: string } | { name: "loaded"; insights: Insights };

const periods = Object.keys(words.periods).map(Number) as Days[];
/** From this number of days on, a bucket is a week. */
const weeklyFrom = 90;
/** How many jobs can be chosen. */
const maxJobs = 200;

/** Numbers over time: throughput, work in progress, time at step, and scrap. */
export function InsightsPage() {
  const view = useSignal<View>({ name: "loading" });
  const days = useSignal<Days>(30);
  const jobId = useSignal("");
  const jobs = useSignal<readonly Job[]>([]);

  const load = async () => {
    const bucket = days.value >= weeklyFrom ? "week" : "day";
    const to = new Date();
    const period = {
      from: new Date(to.getTime() - days.value * 86_400_000).toISOString(),
      to: to.toISOString(),
      ...(jobId.value === "" ? {} : { jobId: jobId.value }),
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
  useEffect(() => void load(), [days.value, jobId.value]);
  useEffect(() => {
    // Without the list, the insights of all jobs are still there.
    const loadJobs = async () => (jobs.value = (await client().GET("/api/jobs", { params: { query: { limit: maxJobs } } })).data);
    loadJobs().catch(() => {});
  }, []);

  return (
    <div class="insights">
      <h1>{words.title}</h1>
      <form class="insights-filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {words.period}
          <select aria-label={words.period} value={days.value} onChange={(event) => (days.value = Number(event.currentTarget.value) as Days)}>
            {periods.map((choice) => (
              <option key={choice} value={choice}>
                {words.periods[choice]}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.job}
          <select aria-label={words.job} value={jobId.value} onChange={(event) => (jobId.value = event.currentTarget.value)}>
            <option value="">{words.allJobs}</option>
            {jobs.value.map((job) => (
              <option key={job.id} value={job.id}>
                {job.name}
              </option>
            ))}
          </select>
        </label>
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
