import type { HealableDamage } from './repository-events.ts';

/** How many pieces a repair can do something about. */
export function healablePieces({
  blocksFromCopies,
  blocksFromElsewhere,
  mapPartsHealed,
  objectsSpoilt,
}: HealableDamage): number {
  return blocksFromCopies + blocksFromElsewhere + mapPartsHealed + objectsSpoilt;
}
