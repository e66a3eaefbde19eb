import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  DeviceName,
  InstanceId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import {
  decodeMsgpack,
  encodeMsgpack,
  type Storable,
} from '../../../../src/format/strata/encoding/msgpack.ts';
import { packRefOf } from '../../../../src/format/strata/map/record-ref.ts';
import {
  decodeManifest,
  encodeManifest,
} from '../../../../src/format/strata/point/manifest-codec.ts';
import type { StoredPoint } from '../../../../src/format/strata/point/stored-point.ts';

const sessionId = 'ffeeddcc-bbaa-9988-7766-554433221100' as SessionId;
const volume = {
  volumeId: 'vol-1' as VolumeId,
  device: '/dev/xvda' as DeviceName,
  snapshotId: 'snap-1' as SnapshotId,
  sizeBytes: 16 * 2 ** 40,
  blocksStored: 3,
  bytesStored: 5 * 2 ** 40,
  mapBytesStored: 4,
};
const pack = packRefOf({ sessionId, writer: 0xffff_ffff, number: 1 });
const ref = { pack, offset: 40, lengthBytes: 2000, id: new Uint8Array(32).fill(1) };
const point: StoredPoint = {
  manifest: {
    pointId: sessionId,
    instanceId: 'i-1' as InstanceId,
    setId: 'set' as SnapshotSetId,
    takenAt: 1_700_000_000_000 as TimestampMs,
    committedAt: 1_700_000_000_001 as TimestampMs,
    configuration: JSON.parse('{"__proto__":{"a":1},"tags":["ü",null,1.5]}') as Record<
      string,
      unknown
    >,
    volumes: [volume],
  },
  retainedUntil: null,
  volumes: [{ volume, root: { blockCount: 2 ** 25, entry: ref } }],
};
const location = { objectKey: 'points/i-1/s' };

function changed(change: Readonly<Record<string, Storable>>): Uint8Array {
  const fields = decodeMsgpack(encodeManifest(point)) as Record<string, Storable>;
  return encodeMsgpack({ ...fields, ...change });
}

function withVolume(change: Readonly<Record<string, Storable>>): Uint8Array {
  const fields = decodeMsgpack(encodeManifest(point)) as { volumes: Record<string, Storable>[] };
  return changed({ volumes: fields.volumes.map((each) => ({ ...each, ...change })) });
}

describe('a manifest', () => {
  it('gives the point back as it was', () => {
    const decoded = decodeManifest(encodeManifest(point), location);

    assert.deepEqual(decoded, point);
    const locked: StoredPoint = {
      ...point,
      manifest: { ...point.manifest, lockedUntil: 1_800_000_000_000 as TimestampMs },
      retainedUntil: 1_800_500_000_000 as TimestampMs,
    };
    assert.deepEqual(decodeManifest(encodeManifest(locked), location), locked);
    assert.ok(Object.hasOwn(decoded.manifest.configuration, '__proto__'));
  });

  it('with a root that is all absent or all zero says so', () => {
    for (const entry of ['absent', 'zero'] as const) {
      const volumes = point.volumes.map((each) => ({ ...each, root: { ...each.root, entry } }));
      const decoded = decodeManifest(encodeManifest({ ...point, volumes }), location);
      assert.equal(decoded.volumes[0]?.root.entry, entry);
    }
  });

  it('is refused with the name of the field that is not what it must be', () => {
    const cases: [Uint8Array, RegExp][] = [
      [Buffer.from([0x82]), /msgpack/],
      [Buffer.from([0xc1]), /not a map/],
      [Buffer.concat([encodeManifest(point), Uint8Array.of(0)]), /msgpack/],
      [encodeMsgpack([1]), /not a map/],
      [changed({ pointId: 'x' }), /pointId is not a UUID/],
      [changed({ takenAt: -1 }), /takenAt is not a whole number/],
      [changed({ takenAt: 1.5 }), /takenAt/],
      [changed({ instanceId: '' }), /instanceId is not a text/],
      [changed({ configuration: '[]' }), /configuration/],
      [changed({ configuration: '{' }), /JSON/],
      [changed({ volumes: 'none' }), /volumes is not a list/],
      [withVolume({ sizeBytes: 0 }), /volumes\[0\]\.sizeBytes/],
      [withVolume({ root: 'data' }), /volumes\[0\]\.root is none of absent, zero/],
      [withVolume({ root: { id: new Uint8Array(31) } }), /volumes\[0\]\.root\./],
    ];
    for (const [content, reason] of cases) {
      assert.throws(() => decodeManifest(content, location), {
        code: 'OBJECT_CORRUPT',
        message: reason,
      });
    }
  });
});
