import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  SessionId,
  SnapshotId,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import { packRefOf, type RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { rootName } from '../../../../src/format/strata/point/current-point.ts';
import { MapFollower } from '../../../../src/format/strata/point/map-follower.ts';
import type { InstanceRelocations } from '../../../../src/format/strata/relocate/relocations-of.ts';

const sessionId = '11111111-1111-4111-8111-111111111111' as SessionId;
const pointId = sessionId;
const instanceId = 'i-1' as InstanceId;
const volumeId = 'vol-1' as VolumeId;
const missing = { objectKey: 'packs/1', reason: 'the pack is missing' };

function record(n: number): RecordRef {
  const pack = packRefOf({ sessionId, writer: n, number: 0 });
  return { pack, offset: 40, lengthBytes: 100, id: new Uint8Array(32) };
}

/** A volume whose map begins at record 1, until a relocation says otherwise. */
class Bench {
  asked = 0;
  relocations: InstanceRelocations = { claims: [], roots: new Map() };
  readonly follower = new MapFollower(
    {
      relocations: () => {
        this.asked += 1;
        return Promise.resolve(this.relocations);
      },
    },
    { pointId, instanceId },
    {
      volume: {
        volumeId,
        device: '/dev/xvda' as DeviceName,
        snapshotId: 'snap-1' as SnapshotId,
        sizeBytes: 24,
        blocksStored: 1,
        bytesStored: 100,
        mapBytesStored: 100,
      },
      root: { blockCount: 1, entry: record(1) },
    },
  );

  moveTo(n: number): void {
    this.relocations = { claims: [], roots: new Map([[rootName(pointId, volumeId), record(n)]]) };
  }
}

describe('following a map that is given another place', () => {
  it('goes on at the new root, also when other damage was told before', async () => {
    const bench = new Bench();
    const other = { ...missing, objectKey: 'packs/2' };
    assert.deepEqual(await bench.follower.judge(other), other);
    bench.moveTo(2);
    assert.equal(await bench.follower.judge(missing), 'moved');
    assert.deepEqual(bench.follower.target.root.entry, record(2));
    assert.deepEqual(await bench.follower.judge(missing), missing, 'of the new place it is damage');
  });

  it('asks once about each damage of an object, however many records it has', async () => {
    const bench = new Bench();
    await bench.follower.judge(missing);
    const { asked } = bench;
    for (let n = 0; n < 100; n += 1) await bench.follower.judge(missing);
    assert.equal(bench.asked, asked);
  });

  it('says that the map may have been moved when that cannot be read', async () => {
    const bench = new Bench();
    const error = new SnapledgerError('OBJECT_CORRUPT', 'damaged', {
      details: { objectKey: 'points/i-1/x' },
    });
    const claim = { instanceId, sessionId, number: 1, state: 'damaged', error } as const;
    bench.relocations = { claims: [claim], roots: new Map() };
    const judged = await bench.follower.judge(missing);
    assert.ok(judged !== 'moved');
    assert.match(judged.reason, /^the pack is missing; .*moved.*points\/i-1\/x$/);
  });

  it('reads a whole map anew where it begins now, and tells damage of a map that stayed', async () => {
    const bench = new Bench();
    const damaged = new SnapledgerError('OBJECT_CORRUPT', 'damaged', {});
    const tried: unknown[] = [];
    await bench.follower.read(({ entry }) => {
      tried.push(entry);
      bench.moveTo(2);
      return tried.length === 1 ? Promise.reject(damaged) : Promise.resolve();
    });
    assert.deepEqual(tried, [record(1), record(2)]);
    await assert.rejects(
      bench.follower.read(() => Promise.reject(damaged)),
      damaged,
    );
  });
});
