import { hash } from 'node:crypto';
import { blockLengthBytes, blockSizeBytes } from '../../../domain/block-size.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import {
  type DigestPage,
  digestSizeBytes,
  isPresent,
  pageBlocks,
} from '../changed-blocks/digest-page.ts';
import type { FoundPage } from './disk-scanner.ts';

const zeroBlock = new Uint8Array(blockSizeBytes);
const zeroBlockDigest = digestOfZeros(blockSizeBytes);

/**
 * The page of a snapshot's table: what was found on the disk, and which of the blocks that are
 * zero now were present in the snapshot before. Those stay present, with the digest of zeros: "it
 * was overwritten with zeros" and "nothing was ever written there" are different facts.
 */
export function inheritPresence(
  found: FoundPage,
  before: DigestPage | null,
  sizeBytes: number,
): DigestPage {
  const { firstBlock, blockCount } = found;
  const present = new Uint8Array(pageBlocks);
  const digests = found.digests.slice();
  for (let position = 0; position < blockCount; position += 1) {
    if (found.filled[position] === 1) {
      present[position] = 1;
    } else if (before !== null && isPresent(before, position)) {
      present[position] = 1;
      const lengthBytes = blockLengthBytes(sizeBytes, (firstBlock + position) as BlockIndex);
      const zero = lengthBytes === blockSizeBytes ? zeroBlockDigest : digestOfZeros(lengthBytes);
      digests.set(zero, position * digestSizeBytes);
    }
  }
  return { firstBlock, blockCount, present, digests };
}

function digestOfZeros(lengthBytes: number): Uint8Array {
  return hash('sha256', zeroBlock.subarray(0, lengthBytes), 'buffer');
}
