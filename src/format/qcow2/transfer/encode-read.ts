import type { CompressionEffort } from '../../compression-effort.ts';
import { blockLengthBytes } from '../../../domain/block-size.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { BlockSource } from '../../../ports/block-source.ts';
import { compressCluster, digestOf, isZero } from '../image/cluster-codec.ts';
import { clusterBytes } from '../image/image-geometry.ts';
import type { BlockBefore } from '../plan/plan-entry.ts';
import type { PlannedRead } from './planned-reads.ts';

/** What a block is, held against what it was. */
export interface EncodedBlock {
  readonly index: number;
  readonly bytesRead: number;
  readonly content:
    | { readonly state: 'zero' | 'same' }
    | { readonly state: 'data'; readonly frame: Uint8Array; readonly digest: Uint8Array };
}

/** Reads neighbouring blocks, and compresses those that are other ones than before. */
export async function encodeRead(
  source: BlockSource,
  sizeBytes: number,
  { first, before }: PlannedRead,
  effort: CompressionEffort,
): Promise<readonly EncodedBlock[]> {
  const last = blockLengthBytes(sizeBytes, (first + before.length - 1) as BlockIndex);
  const bytesRead = (before.length - 1) * clusterBytes + last;
  // A short last block is a cluster like all others, with zeros behind it.
  const bytes = new Uint8Array(before.length * clusterBytes);
  await source.read(first as BlockIndex, before.length, bytes.subarray(0, bytesRead));
  return await Promise.all(
    before.map(async (was, number): Promise<EncodedBlock> => {
      const cluster = bytes.subarray(number * clusterBytes, (number + 1) * clusterBytes);
      const lengthBytes = number === before.length - 1 ? last : clusterBytes;
      const content = await contentOf(cluster, was, effort);
      return { index: first + number, bytesRead: lengthBytes, content };
    }),
  );
}

async function contentOf(
  cluster: Uint8Array,
  was: BlockBefore,
  effort: CompressionEffort,
): Promise<EncodedBlock['content']> {
  if (isZero(cluster)) return { state: was.state === 'zero' ? 'same' : 'zero' };
  const digest = digestOf(cluster);
  if (was.state === 'data' && Buffer.compare(was.digest, digest) === 0) return { state: 'same' };
  return { state: 'data', frame: await compressCluster(cluster, effort), digest };
}
