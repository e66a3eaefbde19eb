import type { TimestampMs } from '../../index.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Local time, `2026-03-29 07:00:12`: sorts as text, and no country reads it differently. */
export function formatLocalTime(timestamp: TimestampMs): string {
  const date = new Date(timestamp);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
  return `${day} ${formatLocalClock(timestamp)}`;
}

/** Local time to the minute, `2026-03-29 07:00`, for lists. */
export function formatLocalMinute(timestamp: TimestampMs): string {
  return formatLocalTime(timestamp).slice(0, -':00'.length);
}

/** Local time of day, `07:00:12`. */
export function formatLocalClock(timestamp: TimestampMs): string {
  const date = new Date(timestamp);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `2026-03-29T05:00:12.345Z`: what programs get. */
export function formatUtcTime(timestamp: number): string {
  return new Date(timestamp).toISOString();
}

/** `0.4 s`, `12.3 s`, `3 min 12 s`, `2 h 5 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < minuteMs) return `${(Math.floor(durationMs / 100) / 10).toFixed(1)} s`;
  const [large, largeName, smallMs, smallName] =
    durationMs < hourMs
      ? ([minuteMs, 'min', secondMs, 's'] as const)
      : ([hourMs, 'h', minuteMs, 'min'] as const);
  const whole = Math.floor(durationMs / large);
  return `${whole} ${largeName} ${Math.floor((durationMs % large) / smallMs)} ${smallName}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function formatAge(timestamp: TimestampMs, now: TimestampMs): string {
  const ageMs = now - timestamp;
  if (Math.abs(ageMs) < minuteMs) return 'just now';
  // The clock of this machine, or of the one that recorded it, is wrong: better said than hidden.
  if (ageMs < 0) return 'in the future';
  if (ageMs < hourMs) return `${Math.floor(ageMs / minuteMs)} min ago`;
  if (ageMs < 2 * dayMs) return `${Math.floor(ageMs / hourMs)} h ago`;
  return `${Math.floor(ageMs / dayMs)} days ago`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
