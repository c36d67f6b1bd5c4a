import type { Schemas } from "../../api.js";

export type Bucket = Schemas["Throughput"]["buckets"][number];
export type ScrapCount = Schemas["ScrapCount"];

/**
 * Returns how many units were in progress at the end of each bucket. It counts back from the units that are in progress now, so the last
 * bucket must reach to the present.
 */
export function workInProgress(buckets: readonly Bucket[], now: number): number[] {
  const ends: number[] = [];
  let units = now;
  for (const { created, completed, scrapped } of buckets.toReversed()) {
    ends.unshift(units);
    units = Math.max(0, units - created + completed + scrapped);
  }
  return ends;
}

/** Returns the scrapped units of each reason, the largest number first. */
export function scrapByReason(counts: readonly ScrapCount[]): { reason: ScrapCount["reason"]; scrapped: number }[] {
  const sums = new Map<ScrapCount["reason"], number>();
  for (const { reason, scrapped } of counts) sums.set(reason, (sums.get(reason) ?? 0) + scrapped);
  return [...sums].map(([reason, scrapped]) => ({ reason, scrapped })).sort((a, b) => b.scrapped - a.scrapped);
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Returns a duration with at most two units, such as "2 d 4 h", "35 min", or "20 s". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < minute) return `${Math.round(milliseconds / 1000)} s`;
  if (milliseconds < hour) return `${Math.round(milliseconds / minute)} min`;
  // Rounded before it is divided, so that there is no "1 h 60 min".
  if (milliseconds < day) return twoUnits(Math.round(milliseconds / minute), 60, "h", "min");
  return twoUnits(Math.round(milliseconds / hour), 24, "d", "h");
}

function twoUnits(small: number, perLarge: number, largeUnit: string, smallUnit: string): string {
  const large = Math.floor(small / perLarge);
  const rest = small % perLarge;
  return rest === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${rest} ${smallUnit}`;
}
