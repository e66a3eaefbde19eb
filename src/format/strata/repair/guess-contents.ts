import { blockLengthBytes } from '../../../domain/block-size.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { BlocksElsewhere } from '../../repairer.ts';
import { recordIdOf } from '../keys/record-id.ts';
import { mapFanout } from '../map/map-geometry.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { DamagedNode } from './damage-survey.ts';

/** What was read elsewhere of a block: the id of the content, or that it is all zeros; null: nothing. */
export type GuessedContent = Uint8Array | 'zeros' | null;

/** What is read elsewhere of the blocks of a leaf, in the order of its entries; empty for other nodes. */
export async function guessContents(
  { keys: { blockIdKey } }: RepositoryContext,
  { place, point, volume: { volume, root } }: DamagedNode,
  elsewhere: BlocksElsewhere,
): Promise<readonly GuessedContent[]> {
  const contents: GuessedContent[] = [];
  if (place.level > 0) return contents;
  const { volumeId, sizeBytes } = volume;
  const { pointId } = point.manifest;
  for (let n = 0; n < place.entryCount; n += 1) {
    const blockIndex = (place.position * mapFanout + n) as BlockIndex;
    if (blockIndex >= root.blockCount) break;
    const lengthBytes = blockLengthBytes(sizeBytes, blockIndex);
    let found: GuessedContent = null;
    for await (const content of elsewhere({
      pointId,
      volumeId,
      blockIndex,
      lengthBytes,
    })) {
      found = content.every((byte) => byte === 0) ? 'zeros' : recordIdOf(blockIdKey, content);
      // The likeliest comes first.
      break;
    }
    contents.push(found);
  }
  return contents;
}
