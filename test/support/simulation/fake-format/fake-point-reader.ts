import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex, VolumeId } from '../../../../src/domain/identifiers.ts';
import type { PointReader, RestoredBlocks } from '../../../../src/format/restore-point.ts';
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
    async *readVolume(volumeId, { signal, consume } = {}): AsyncGenerator<RestoredBlocks, void> {
      const { sizeBytes, blocks } = volumeOf(volumeId);
      for (const [number, block] of blocks.entries()) {
        signal?.throwIfAborted();
        const first = number as BlockIndex;
        const state = stateOf(block);
        const bytes =
          state === 'data'
            ? await readStoredBlock(objectStore, block, sizeBytes, first)
            : new Uint8Array();
        const run: RestoredBlocks = { kind: 'blocks', first, state, blockCount: 1, bytes };
        if (state === 'data') await consume?.(run);
        yield run;
      }
    },
    readBlock: async (volumeId, index) => {
      const { sizeBytes, blocks } = volumeOf(volumeId);
      return readStoredBlock(objectStore, blocks[index] ?? 'absent', sizeBytes, index);
    },
  };
}
