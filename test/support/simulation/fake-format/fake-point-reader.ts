import { hasErrorCode, SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../../src/domain/identifiers.ts';
import type {
  BlockRun,
  DamagedBlocks,
  PointReader,
  RestoredBlocks,
} from '../../../../src/format/restore-point.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import type { FakePoint } from './fake-objects.ts';
import { readStoredBlock, stateOf, type StoredBlock } from './stored-block.ts';

interface VolumeOfPoint {
  readonly sizeBytes: number;
  readonly blocks: readonly StoredBlock[];
}

/** One block after the other: the port allows runs of one. */
export function createFakePointReader(
  objectStore: ObjectStore,
  { manifest, volumes }: Extract<FakePoint, { readonly kind: 'point' }>,
): PointReader {
  const volumeOf = (volumeId: VolumeId): VolumeOfPoint => {
    const described = manifest.volumes.find((volume) => volume.volumeId === volumeId);
    const stored = volumes.find((volume) => volume.volumeId === volumeId);
    if (described === undefined || stored === undefined) {
      throw new SnapledgerError('UNKNOWN_VOLUME', `the point has no volume ${volumeId}`);
    }
    return { sizeBytes: described.sizeBytes, blocks: stored.blocks };
  };
  return {
    manifest,
    async *readVolume(
      volumeId,
      { signal, consume } = {},
    ): AsyncGenerator<RestoredBlocks | DamagedBlocks, void> {
      const { sizeBytes, blocks } = volumeOf(volumeId);
      for (const [number, block] of blocks.entries()) {
        signal?.throwIfAborted();
        const first = number as BlockIndex;
        const state = stateOf(block);
        let bytes: Uint8Array = new Uint8Array();
        if (state === 'data') {
          try {
            bytes = await readStoredBlock(objectStore, block, sizeBytes, first);
          } catch (error) {
            yield damageOf(error, block, first);
            continue;
          }
        }
        const run: RestoredBlocks = { kind: 'blocks', first, state, blockCount: 1, bytes };
        if (state === 'data') await consume?.(run);
        yield run;
      }
    },
    async *readStates(volumeId, first): AsyncGenerator<BlockRun, void> {
      await Promise.resolve();
      for (const [number, block] of volumeOf(volumeId).blocks.entries()) {
        if (number < first) continue;
        yield {
          kind: 'blocks',
          first: number as BlockIndex,
          state: stateOf(block),
          blockCount: 1,
        };
      }
    },
    readBlock: async (volumeId, index) => {
      const { sizeBytes, blocks } = volumeOf(volumeId);
      return readStoredBlock(objectStore, blocks[index] ?? 'absent', sizeBytes, index);
    },
  };
}

/** What is gone or changed; anything else that goes wrong is thrown again. */
function damageOf(error: unknown, objectKey: string, firstBlock: BlockIndex): DamagedBlocks {
  if (!hasErrorCode(error, 'OBJECT_NOT_FOUND') && !hasErrorCode(error, 'OBJECT_CORRUPT')) {
    throw error;
  }
  return {
    kind: 'damage',
    objectKey,
    range: null,
    firstBlock,
    blockCount: 1,
    reason: error instanceof Error ? error.message : String(error),
  };
}
