import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { BlockIndex } from '../../src/domain/identifiers.ts';
import { chooseVolumes, volumesOfPoint } from '../../src/engine/restore/choose-volumes.ts';
import { restoreVolume } from '../../src/engine/restore/restore-volume.ts';
import type {
  BlockState,
  DamagedBlocks,
  PointManifest,
  PointReader,
  PointVolume,
  RestoredBlocks,
} from '../../src/format/restore-point.ts';
import type { ImageDamage, ImageTarget, PassedStretch } from '../../src/ports/image-target.ts';
import { atHour, sampleIds } from '../support/domain/sample-ids.ts';
import { known } from '../../src/domain/sensitive/sensitive.ts';

const never = new AbortController().signal;

/** A volume of three blocks and 512 bytes of a fourth. */
const root: PointVolume = {
  volumeId: sampleIds.volume('root'),
  device: sampleIds.device('xvda'),
  snapshotId: sampleIds.snapshot('root'),
  sizeBytes: 3 * blockSizeBytes + 512,
  blocksStored: 4,
  bytesStored: 1_000,
  mapBytesStored: 100,
};
const data: PointVolume = {
  ...root,
  volumeId: sampleIds.volume('data'),
  device: sampleIds.device('xvdb'),
};
const manifest: PointManifest = {
  pointId: sampleIds.session('monday'),
  instanceId: sampleIds.instance('web-1'),
  setId: sampleIds.set('monday'),
  takenAt: atHour(7),
  committedAt: atHour(8),
  configuration: {},
  volumes: [root, data],
};

type Run = RestoredBlocks | DamagedBlocks;

function blocks(first: number, state: BlockState, lengthBytes: number): Run {
  const blockCount = Math.ceil(lengthBytes / blockSizeBytes);
  const bytes = new Uint8Array(state === 'data' ? lengthBytes : 0).fill(first + 1);
  return { kind: 'blocks', first: first as BlockIndex, state, blockCount, bytes };
}

function damage(first: number, blockCount: number): Run {
  const firstBlock = first as BlockIndex;
  const objectKey = 'packs/s/0';
  return { kind: 'damage', firstBlock, blockCount, objectKey, range: null, reason: 'wrong tag' };
}

/** A point whose volume reads as these runs, or fails after them. */
function reading(runs: readonly Run[], error?: Error): PointReader {
  return {
    manifest,
    async *readVolume(_volumeId, { signal, consume } = {}) {
      for (const run of runs) {
        signal?.throwIfAborted();
        if (run.kind === 'blocks' && run.state === 'data') await consume?.(run);
        yield run;
      }
      if (error !== undefined) throw error;
    },
    readStates: () => assert.fail('a restore reads whole volumes'),
    readBlock: () => assert.fail('a restore reads whole volumes'),
  };
}

interface RecordingTarget {
  readonly target: ImageTarget;
  readonly writes: readonly (readonly [offsetBytes: number, lengthBytes: number])[];
  readonly ends: readonly ('aborted' | readonly ImageDamage[])[];
}

function recordingTarget(): RecordingTarget {
  const writes: [number, number][] = [];
  const ends: ('aborted' | readonly ImageDamage[])[] = [];
  const target: ImageTarget = {
    check: () => Promise.resolve(),
    open: () =>
      Promise.resolve({
        write: (offsetBytes, bytes) => {
          writes.push([offsetBytes, bytes.byteLength]);
          return Promise.resolve();
        },
        finish: (pieces) => {
          ends.push(pieces);
          return Promise.resolve({ location: 'restored/xvda.img' });
        },
        abort: () => {
          ends.push('aborted');
          return Promise.resolve();
        },
      }),
  };
  return { target, writes, ends };
}

describe('the restore of a volume', () => {
  it('writes the data at its place, and leaves out what reads as zeros', async () => {
    const { target, writes, ends } = recordingTarget();
    const reader = reading([
      blocks(0, 'data', blockSizeBytes),
      blocks(1, 'absent', blockSizeBytes),
      blocks(2, 'zero', blockSizeBytes),
      blocks(3, 'data', 512),
    ]);
    const restored = await restoreVolume(reader, root, target, { signal: never });
    assert.deepEqual(writes, [
      [0, blockSizeBytes],
      [3 * blockSizeBytes, 512],
    ]);
    assert.deepEqual(ends, [[]]);
    assert.deepEqual(restored, {
      volumeId: root.volumeId,
      device: root.device,
      sizeBytes: root.sizeBytes,
      location: known('restored/xvda.img'),
      resourceId: null,
      bytesWritten: blockSizeBytes + 512,
      bytesDamaged: 0,
    });
  });

  it('writes everything sound around the damage, and says what is missing', async () => {
    const { target, writes, ends } = recordingTarget();
    const reader = reading([
      damage(0, 1),
      blocks(1, 'data', blockSizeBytes),
      // The last block is short: so is its damage.
      damage(2, 2),
    ]);
    const restored = await restoreVolume(reader, root, target, { signal: never });
    assert.deepEqual(writes, [[blockSizeBytes, blockSizeBytes]]);
    const piece = { objectKey: 'packs/s/0', reason: 'wrong tag' };
    assert.deepEqual(ends, [
      [
        { offsetBytes: 0, lengthBytes: blockSizeBytes, ...piece },
        { offsetBytes: 2 * blockSizeBytes, lengthBytes: blockSizeBytes + 512, ...piece },
      ],
    ]);
    assert.equal(restored.bytesDamaged, 2 * blockSizeBytes + 512);
  });

  const wrong = [
    ['has a gap', [blocks(0, 'data', blockSizeBytes), blocks(2, 'zero', 3 * blockSizeBytes)]],
    ['repeats a block', [blocks(0, 'zero', blockSizeBytes), blocks(0, 'zero', 3 * blockSizeBytes)]],
    ['ends too early', [blocks(0, 'zero', 2 * blockSizeBytes)]],
  ] as const;
  for (const [what, runs] of wrong) {
    it(`is never taken for whole when what is read ${what}`, async () => {
      const { target, ends } = recordingTarget();
      const restoring = restoreVolume(reading(runs), root, target, { signal: never });
      await assert.rejects(restoring, { code: 'INTERNAL' });
      assert.deepEqual(ends, ['aborted']);
    });
  }

  it('is never taken for whole when the reader hands out nothing', async () => {
    const { target, ends } = recordingTarget();
    const whole = blocks(0, 'data', root.sizeBytes);
    const reader: PointReader = {
      ...reading([]),
      // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
      async *readVolume() {
        yield whole;
      },
    };
    await assert.rejects(restoreVolume(reader, root, target, { signal: never }), {
      code: 'INTERNAL',
    });
    assert.deepEqual(ends, ['aborted']);
  });

  it('removes what it wrote when reading fails', async () => {
    const { target, ends } = recordingTarget();
    const error = new Error('the store is gone');
    const reader = reading([blocks(0, 'data', blockSizeBytes)], error);
    await assert.rejects(restoreVolume(reader, root, target, { signal: never }), error);
    assert.deepEqual(ends, ['aborted']);
  });

  it('removes what it wrote when it is cancelled', async () => {
    const { target, ends, writes } = recordingTarget();
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const reader = reading([blocks(0, 'data', blockSizeBytes), blocks(1, 'data', blockSizeBytes)]);
    const restoring = restoreVolume(reader, root, target, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort(reason);
      },
    });
    await assert.rejects(restoring, reason);
    assert.equal(writes.length, 1);
    assert.deepEqual(ends, ['aborted']);
  });

  it('tells a place that wants to know of a long stretch in pieces, and stops between them', async () => {
    const { target, ends } = recordingTarget();
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const told: PassedStretch[] = [];
    const watching: ImageTarget = {
      ...target,
      open: async (volume) => ({
        ...(await target.open(volume)),
        passed: (stretch) => {
          told.push(stretch);
          if (told.length === 3) controller.abort(reason);
          return Promise.resolve();
        },
      }),
    };
    const huge = { ...root, sizeBytes: 10_000 * blockSizeBytes };
    const progress: number[] = [];

    const restoring = restoreVolume(reading([blocks(0, 'zero', huge.sizeBytes)]), huge, watching, {
      signal: controller.signal,
      onProgress: ({ bytesDone }) => progress.push(bytesDone),
    });

    await assert.rejects(restoring, reason);
    assert.deepEqual(ends, ['aborted']);
    const pieceBytes = 64 * blockSizeBytes;
    assert.deepEqual(
      told,
      [0, 1, 2].map((n) => ({
        offsetBytes: n * pieceBytes,
        lengthBytes: pieceBytes,
        content: 'zero',
      })),
    );
    assert.deepEqual(
      progress,
      [1, 2, 3].map((n) => n * pieceBytes),
    );
  });

  it('tells its progress in bytes of the volume, up to its size', async () => {
    const { target } = recordingTarget();
    const told: number[] = [];
    const reader = reading([blocks(0, 'zero', 3 * blockSizeBytes), blocks(3, 'data', 512)]);
    await restoreVolume(reader, root, target, {
      signal: never,
      onProgress: ({ bytesDone, bytesTotal }) => {
        assert.equal(bytesTotal, root.sizeBytes);
        told.push(bytesDone);
      },
    });
    assert.deepEqual(told, [3 * blockSizeBytes, root.sizeBytes]);
  });
});

describe('the volumes to restore', () => {
  it('are all of the point unless some are named', () => {
    assert.deepEqual(chooseVolumes(volumesOfPoint(manifest), undefined), [root, data]);
  });

  it('come in the order of the point', () => {
    assert.deepEqual(chooseVolumes(volumesOfPoint(manifest), [data.volumeId, root.volumeId]), [
      root,
      data,
    ]);
  });

  it('must be of the point; the refusal says which there are', () => {
    assert.throws(() => chooseVolumes(volumesOfPoint(manifest), [sampleIds.volume('swap')]), {
      code: 'UNKNOWN_VOLUME',
      remedy: 'It has /dev/xvda, /dev/xvdb.',
    });
  });
});
