import { useMemo } from "preact/hooks";

import type { Schemas } from "../../api.js";
import { Figure, Plot } from "../../parts/Figure.js";
import { words as shared } from "../../words.js";
import { formatDuration, scrapByReason, workInProgress } from "./numbers.js";
import { words } from "./words.js";

/** The numbers of one period. */
export interface Insights {
  readonly throughput: Schemas["Throughput"];
  readonly steps: Schemas["StepTimes"];
  readonly scrap: Schemas["Scrap"];
}

/** How many steps fit into a plot. The table has all. */
const maxPlottedSteps = 12;

const hour = 3_600_000;
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

export function Figures({ insights }: { insights: Insights }) {
  return (
    <div class="figures">
      <Throughput {...insights} />
      <WorkInProgress {...insights} />
      <TimeAtStep {...insights} />
      <ScrapByReason {...insights} />
    </div>
  );
}

function Throughput({ throughput: { bucket, buckets } }: Insights) {
  const plot = useMemo(
    () => ({
      axis: { kind: "time" as const, moments: buckets.map(({ from }) => new Date(from)) },
      series: [
        { name: words.completed, color: "good" as const, values: buckets.map(({ completed }) => completed) },
        { name: words.created, color: "quiet" as const, values: buckets.map(({ created }) => created) },
        { name: words.scrapped, color: "bad" as const, values: buckets.map(({ scrapped }) => scrapped) },
      ],
    }),
    [buckets],
  );
  const row = (from: string, bucketOf: (typeof buckets)[number]) => [from, bucketOf.completed, bucketOf.created, bucketOf.scrapped];
  return (
    <Figure
      title={words.throughput}
      hint={words.throughputHint[bucket]}
      head={[words.from, words.completed, words.created, words.scrapped]}
      rows={buckets.map((one) => row(formatDay(one.from), one))}
      csvRows={buckets.map((one) => row(one.from, one))}
      fileName="throughput.csv"
    >
      <Plot {...plot} />
    </Figure>
  );
}

function WorkInProgress({ throughput: { bucket, buckets }, steps: { steps } }: Insights) {
  const units = useMemo(() => workInProgress(buckets, steps.reduce((sum, { waiting }) => sum + waiting, 0)), [buckets, steps]);
  const plot = useMemo(
    () => ({
      axis: { kind: "time" as const, moments: buckets.map(({ from }) => new Date(from)) },
      series: [{ name: words.inProgress, color: "accent" as const, values: units }],
    }),
    [buckets, units],
  );
  return (
    <Figure
      title={words.wip}
      hint={bucket === "week" ? words.wipHintWeek : words.wipHint}
      head={[words.from, words.inProgress]}
      rows={buckets.map(({ from }, i) => [formatDay(from), units[i] ?? 0])}
      csvRows={buckets.map(({ from }, i) => [from, units[i] ?? 0])}
      fileName="work-in-progress.csv"
    >
      <Plot {...plot} />
    </Figure>
  );
}

function TimeAtStep({ steps: { steps } }: Insights) {
  const plot = useMemo(() => {
    const shown = steps.filter(({ medianTimeMs }) => medianTimeMs !== undefined).slice(0, maxPlottedSteps);
    const hours = (milliseconds: number | undefined) => (milliseconds === undefined ? null : milliseconds / hour);
    return {
      axis: { kind: "names" as const, names: shown.map(({ stepName }) => stepName) },
      series: [
        { name: words.median, color: "accent" as const, values: shown.map(({ medianTimeMs }) => hours(medianTimeMs)) },
        { name: words.p85, color: "quiet" as const, values: shown.map(({ p85TimeMs }) => hours(p85TimeMs)) },
      ],
    };
  }, [steps]);
  const time = (milliseconds: number | undefined) => (milliseconds === undefined ? words.unknownTime : formatDuration(milliseconds));
  const rows = (format: (milliseconds: number | undefined) => string | number) =>
    steps.map(({ stepName, entered, left, scrapped, medianTimeMs, p85TimeMs, waiting }) => [
      stepName,
      format(medianTimeMs),
      format(p85TimeMs),
      entered,
      left,
      scrapped,
      waiting,
    ]);
  return (
    <Figure
      title={words.steps}
      hint={words.stepsHint}
      head={[words.step, words.median, words.p85, words.entered, words.left, words.scrapped, words.waiting]}
      rows={rows(time)}
      csvRows={rows((milliseconds) => milliseconds ?? "")}
      fileName="time-at-step.csv"
    >
      <Plot {...plot} />
    </Figure>
  );
}

function ScrapByReason({ scrap: { counts, scrapped, completed } }: Insights) {
  const plot = useMemo(() => {
    const reasons = scrapByReason(counts);
    return {
      axis: { kind: "names" as const, names: reasons.map(({ reason }) => shared.scrapReasons[reason]) },
      series: [{ name: words.units, color: "bad" as const, values: reasons.map((one) => one.scrapped) }],
    };
  }, [counts]);
  return (
    <Figure
      title={words.scrap}
      hint={words.scrapHint(percent.format(scrapped / Math.max(1, scrapped + completed)))}
      head={[words.reason, words.step, words.units]}
      rows={counts.map((count) => [shared.scrapReasons[count.reason], count.stepName, count.scrapped])}
      fileName="scrap.csv"
    >
      <Plot {...plot} />
    </Figure>
  );
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

function formatDay(moment: string): string {
  return day.format(new Date(moment));
}
