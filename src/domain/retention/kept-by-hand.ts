import type { TimestampMs } from '../identifiers.ts';
import type { HistoryItem } from './history-items.ts';

/**
 * Whether an item was made by hand and its own expiry has not come: then nothing but a person removes
 * it, whatever its condition. A pending one is its session's until that has ended.
 */
export function isKeptByHand(
  { origin, condition, expiresAt }: HistoryItem<string>,
  now: TimestampMs,
): boolean {
  if (origin !== 'manual' || condition === 'pending') return false;
  return expiresAt === null || now < expiresAt;
}
