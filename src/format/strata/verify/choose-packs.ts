import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { VerifyBudget } from '../../verification.ts';

/** A pack that the points need. */
export interface NeededPack {
  readonly key: string;
  readonly sizeBytes: number;
}

/**
 * The packs to be read with this budget: those that were never read first, then those whose last
 * reading is longest ago. At least one, so that checks which are repeated get through everything.
 */
export function choosePacks(
  packs: readonly NeededPack[],
  { maxBytes, lastChecked }: VerifyBudget,
): readonly NeededPack[] {
  const never = -1 as TimestampMs;
  const ageOf = ({ key }: NeededPack): TimestampMs => lastChecked.get(key) ?? never;
  const inOrder = packs.toSorted(
    (one, other) => ageOf(one) - ageOf(other) || (one.key < other.key ? -1 : 1),
  );
  const chosen: NeededPack[] = [];
  let bytes = 0;
  for (const pack of inOrder) {
    if (chosen.length > 0 && bytes + pack.sizeBytes > maxBytes) break;
    chosen.push(pack);
    bytes += pack.sizeBytes;
  }
  return chosen;
}
