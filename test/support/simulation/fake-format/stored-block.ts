import { createHash } from 'node:crypto';
import { blockLengthBytes } from '../../../../src/domain/block-size.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import type { BlockState } from '../../../../src/format/restore-point.ts';
import type { ObjectKey, ObjectStore } from '../../../../src/ports/object-store.ts';
import { fillingWord, fillWithWord } from '../cloud/disk-content.ts';

/**
 * What a point of the fake format says of one block: `absent`, `zero`, `fill-<number>` for a block
 * of one repeated number, or the key of an object that holds its bytes.
 */
export type StoredBlock = string;

export function stateOf(block: StoredBlock): BlockState {
  return block === 'absent' || block === 'zero' ? block : 'data';
}

/** Equal for blocks of equal content, wherever they are stored. */
export function identityOf(block: StoredBlock): string {
  return block.slice(block.lastIndexOf('/') + 1);
}

/** How a block of these bytes is stored, and the object that it needs, if any. */
export function storedBlockOf(
  bytes: Uint8Array,
  packPrefix: string,
): { readonly block: StoredBlock; readonly objectKey: ObjectKey | null } {
  const word = fillingWord(bytes);
  if (word === 0) return { block: 'zero', objectKey: null };
  if (word !== null) return { block: `fill-${word}`, objectKey: null };
  const objectKey = `${packPrefix}${digestOf(bytes)}` as ObjectKey;
  return { block: objectKey, objectKey };
}

/** @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT */
export async function readStoredBlock(
  objectStore: ObjectStore,
  block: StoredBlock,
  sizeBytes: number,
  index: BlockIndex,
): Promise<Uint8Array> {
  if (block.includes('/')) {
    const bytes = await objectStore.get(block as ObjectKey);
    if (digestOf(bytes) === identityOf(block)) return bytes;
    throw new SnapledgerError('OBJECT_CORRUPT', `the object ${block} is not what was stored`);
  }
  const bytes = new Uint8Array(blockLengthBytes(sizeBytes, index));
  if (block.startsWith('fill-')) fillWithWord(bytes, Number(block.slice('fill-'.length)));
  return bytes;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
