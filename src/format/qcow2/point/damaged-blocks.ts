import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { DamagedBlocks } from '../../restore-point.ts';
import { damageReason } from '../object/refusals.ts';

/** What an error says of the blocks from `first` on; where it does not say how far, to `end`. */
export function damageOf(error: SnapledgerError, first: number, end: number): DamagedBlocks {
  const { objectKey, offset, lengthBytes, endBlock } = error.details;
  const until = typeof endBlock === 'number' && endBlock > first ? Math.min(endBlock, end) : end;
  return {
    kind: 'damage',
    objectKey: typeof objectKey === 'string' ? objectKey : 'unknown',
    range:
      typeof offset === 'number' && typeof lengthBytes === 'number'
        ? { offset, lengthBytes }
        : null,
    firstBlock: first as BlockIndex,
    blockCount: until - first,
    reason: damageReason(error),
  };
}
