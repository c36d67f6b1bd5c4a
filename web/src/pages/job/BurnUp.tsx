import { useMemo } from "preact/hooks";

import { client, type Schemas } from "../../api.js";
import { formatTime } from "../../format.js";
import { useLoaded } from "../../loaded.js";
import { Failure } from "../../parts/Failure.js";
import { Figure, Plot } from "../../parts/Figure.js";
import { words as shared } from "../../words.js";
import { burnUpPoints, type BurnUpPoint } from "./burnUpPoints.js";
import { words } from "./words.js";

const day = 86_400_000;
/** The longest period that the API accepts, and the one from which a bucket is a week, in days. */
const longest = 366;
const weeklyFrom = 90;

/** How the completed units of a job have grown toward its goal, and how they must grow to reach it on the due date. */
export function BurnUp({ job }: { job: Schemas["JobDetail"] }) {
  const { loaded, reload } = useLoaded(async () => {
    const to = new Date();
    const days = Math.min(longest, Math.max(1, (to.getTime() - Date.parse(job.createdAt)) / day));
    const from = new Date(to.getTime() - days * day);
    const bucket = days < weeklyFrom ? "day" : "week";
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const { buckets } = await client().insights.getThroughput({ query: { jobId: job.id, from: from.toISOString(), to: to.toISOString(), bucket, tz } });
    return { buckets, to };
  }, [job.id]);
  const value = loaded.name === "loaded" ? loaded.value : undefined;
  const { createdAt, dueDate, goalQuantity } = job;
  const completed = job.progress.totalCompleted;
  const points = useMemo(
    () => (value ? burnUpPoints(value.buckets, { createdAt, goalQuantity, ...(dueDate !== undefined && { dueDate }) }, completed, value.to) : []),
    [value, createdAt, dueDate, goalQuantity, completed],
  );
  if (loaded.name === "loading") return <p class="loading">{shared.loading}</p>;
  if (loaded.name === "failed") return <Failure error={loaded.error} retry={() => void reload()} />;
  const row = (time: (at: Date) => string) => (point: BurnUpPoint) => [time(point.at), point.completed ?? "", goalQuantity, ...(dueDate === undefined ? [] : [point.needed ?? ""])];
  return (
    <Figure
      title={words.burnUp}
      hint={dueDate === undefined ? words.burnUpHint : words.burnUpDueHint}
      head={[words.until, words.completedUnits, words.goal, ...(dueDate === undefined ? [] : [words.needed])]}
      rows={points.map(row((at) => formatTime(at.toISOString())))}
      csvRows={points.map(row((at) => at.toISOString()))}
      fileName="burn-up.csv"
    >
      <BurnUpPlot points={points} goal={goalQuantity} isDue={dueDate !== undefined} />
    </Figure>
  );
}

function BurnUpPlot({ points, goal, isDue }: { points: readonly BurnUpPoint[]; goal: number; isDue: boolean }) {
  const plot = useMemo(
    () => ({
      axis: { kind: "time" as const, moments: points.map(({ at }) => at) },
      series: [
        { name: words.completedUnits, color: "good" as const, values: points.map(({ completed = null }) => completed) },
        { name: words.goal, color: "quiet" as const, values: points.map(() => goal), isReference: true },
        ...(isDue ? [{ name: words.needed, color: "accent" as const, values: points.map(({ needed = null }) => needed), isReference: true }] : []),
      ],
    }),
    [points, goal, isDue],
  );
  return <Plot {...plot} />;
}
