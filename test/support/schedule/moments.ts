import type { TimestampMs } from '../../../src/domain/identifiers.ts';

/** `2026-03-29T01:00Z` as a timestamp. */
export function moment(iso: string): TimestampMs {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) throw new Error(`${iso} is no moment`);
  return at as TimestampMs;
}

/** A timestamp as people write it; null stays null. */
export function inIso(at: TimestampMs | null): string | null {
  return at === null ? null : new Date(at).toISOString().replace(/:00\.000Z$/, 'Z');
}
