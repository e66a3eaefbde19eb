import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { blockCountOf, blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { PointId, VolumeId } from '../../../src/domain/identifiers.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type {
  PointManifest,
  PointVolume,
  RestoredBlocks,
} from '../../../src/format/restore-point.ts';

/** What a block is: `absent`, `zero`, or the SHA-256 of its content. */
export type KnownBlock = string;

export interface KnownVolume extends PointVolume {
  readonly blocks: readonly KnownBlock[];
}

export interface KnownPoint {
  readonly manifest: PointManifest;
  readonly volumes: ReadonlyMap<VolumeId, KnownVolume>;
}

export type KnownPoints = ReadonlyMap<PointId, KnownPoint>;

export function blockOf(content: Uint8Array): KnownBlock {
  return createHash('sha256').update(content).digest('hex');
}

/** What each block of a run is; the bytes are those of the run. */
export function blocksOfRun({ state, blockCount, bytes }: RestoredBlocks): readonly KnownBlock[] {
  return Array.from({ length: blockCount }, (_, n) => {
    if (state !== 'data') return state;
    return blockOf(bytes.subarray(n * blockSizeBytes, (n + 1) * blockSizeBytes));
  });
}

/** All that a sound repository holds; what it holds is the affair of the tests of golden repositories. */
export async function readKnownPoints(repository: Repository): Promise<KnownPoints> {
  const points = new Map<PointId, KnownPoint>();
  for await (const { pointId } of repository.listPoints()) {
    const point = await repository.openPoint(pointId);
    const volumes = new Map<VolumeId, KnownVolume>();
    for (const volume of point.manifest.volumes) {
      const blocks: KnownBlock[] = [];
      for await (const part of point.readVolume(volume.volumeId)) {
        assert.ok(part.kind === 'blocks', 'a golden repository is sound');
        blocks.push(...blocksOfRun(part));
      }
      assert.equal(blocks.length, blockCountOf(volume.sizeBytes));
      volumes.set(volume.volumeId, { ...volume, blocks });
    }
    points.set(pointId, { manifest: point.manifest, volumes });
  }
  return points;
}
