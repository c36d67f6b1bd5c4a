const whole = new Intl.NumberFormat();
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** Formats a whole number in the language of the browser. */
export const formatNumber = (value: number): string => whole.format(value);

/** Formats a timestamp of the API with its day and its minute, in the time zone of the browser. */
export const formatTime = (timestamp: string): string => moment.format(new Date(timestamp));

/** Formats a date of the API, such as 2026-12-01. A date has no time zone. */
export function formatDate(date: string): string {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) ? date : day.format(time);
}

/** Returns a part of a whole in percent: rounded down, so that only a finished job shows 100, and at most 100. */
export function toPercent(part: number, total: number): number {
  return total <= 0 ? 0 : Math.min(100, Math.floor((part / total) * 100));
}

/** Returns the date of a moment in the time zone of the browser, as the API writes dates. */
export function toDate(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}
