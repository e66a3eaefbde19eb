import type { RepairCounts } from './repairer.ts';

/** What a repair does that finds nothing to heal. */
export const nothingDamaged: RepairCounts = {
  blocksDamaged: 0,
  blocksFromCopies: 0,
  blocksFromElsewhere: 0,
  mapPartsDamaged: 0,
  mapPartsHealed: 0,
  objectsSpoilt: 0,
};
