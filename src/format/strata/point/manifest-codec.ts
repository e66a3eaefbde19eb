import { blockCountOf } from '../../../domain/block-size.ts';
import { assert } from '../../../domain/errors/assert.ts';
import type {
  DeviceName,
  InstanceId,
  PointId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import { blockSizeBytes } from '../../../domain/block-size.ts';
import { mapBlockCountMax } from '../map/map-geometry.ts';
import { readMapEntry, storableMapEntry } from '../map/stored-map-entry.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import type { StoredPoint, StoredVolume } from './stored-point.ts';

/** More volumes than an instance can have on EC2. */
export const pointVolumesMax = 256;

/** The content of a manifest, ready to be sealed. docs/strata.md, "Manifest". */
export function encodeManifest(point: StoredPoint): Uint8Array {
  const { manifest, retainedUntil, volumes } = point;
  const { lockedUntil } = manifest;
  assert(volumes.length <= pointVolumesMax, 'a point has 256 volumes at most');
  return encodeMsgpack({
    pointId: manifest.pointId,
    instanceId: manifest.instanceId,
    setId: manifest.setId,
    takenAt: manifest.takenAt,
    committedAt: manifest.committedAt,
    ...(lockedUntil === undefined ? {} : { lockedUntil }),
    ...(retainedUntil === null ? {} : { retainedUntil }),
    configuration: JSON.stringify(manifest.configuration),
    volumes: volumes.map(({ volume, root }) => {
      const { volumeId, device, snapshotId, sizeBytes } = volume;
      const { blocksStored, bytesStored, mapBytesStored } = volume;
      const counts = { blocksStored, bytesStored, mapBytesStored };
      return {
        volumeId,
        device,
        snapshotId,
        sizeBytes,
        ...counts,
        root: storableMapEntry(root.entry),
      };
    }),
  });
}

/** @throws OBJECT_CORRUPT */
export function decodeManifest(content: Uint8Array, location: ObjectLocation): StoredPoint {
  const fields = StoredFields.decode(content, location);
  const volumes = fields.maps('volumes', pointVolumesMax).map(readVolume);
  const lockedUntil = fields.laterCount('lockedUntil') as TimestampMs | null;
  return {
    manifest: {
      pointId: fields.uuid('pointId') as PointId,
      instanceId: fields.text('instanceId') as InstanceId,
      setId: fields.text('setId') as SnapshotSetId,
      takenAt: fields.count('takenAt') as TimestampMs,
      committedAt: fields.count('committedAt') as TimestampMs,
      ...(lockedUntil === null ? {} : { lockedUntil }),
      configuration: readConfiguration(fields.text('configuration'), location),
      volumes: volumes.map(({ volume }) => volume),
    },
    retainedUntil: fields.laterCount('retainedUntil') as TimestampMs | null,
    volumes,
  };
}

function readVolume(fields: StoredFields): StoredVolume {
  const sizeBytes = fields.count('sizeBytes', { min: 1, max: mapBlockCountMax * blockSizeBytes });
  return {
    volume: {
      volumeId: fields.text('volumeId') as VolumeId,
      device: fields.text('device') as DeviceName,
      snapshotId: fields.text('snapshotId') as SnapshotId,
      sizeBytes,
      blocksStored: fields.count('blocksStored'),
      bytesStored: fields.count('bytesStored'),
      mapBytesStored: fields.count('mapBytesStored'),
    },
    root: { blockCount: blockCountOf(sizeBytes), entry: readMapEntry(fields, 'root') },
  };
}

function readConfiguration(
  text: string,
  location: ObjectLocation,
): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw objectCorrupt(location, 'the configuration of the instance is not JSON', cause);
  }
  if (!isJsonObject(value)) {
    throw objectCorrupt(location, 'the configuration of the instance is not an object');
  }
  return value;
}

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
