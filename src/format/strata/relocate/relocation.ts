import type { InstanceId, PointId, SessionId, VolumeId } from '../../../domain/identifiers.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import type { MapEntry } from '../map/map-node.ts';
import { readMapEntry, storableMapEntry } from '../map/stored-map-entry.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';

/** Where the map of one volume of a point begins now. */
export interface RelocatedVolume {
  readonly pointId: PointId;
  readonly volumeId: VolumeId;
  readonly root: MapEntry;
}

/** New places for what points of one instance need: object `points/<instance>/<session>`. */
export interface Relocation {
  /** The session that made it, and whose packs it leads to. */
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  /** The number of the session's claim: of two relocations of a volume the one with the higher counts. */
  readonly claim: number;
  readonly volumes: readonly RelocatedVolume[];
}

/** Claims are numbered in 32 bits. */
const claimNumberMax = 0xffff_ffff;

/** Of one relocation: some 200 bytes each, so that it stays far below what a sealed object can hold. */
export const relocatedVolumesMax = 32_768;

/** The content of a relocation, ready to be sealed. docs/strata.md, "Relocation". */
export function encodeRelocation(relocation: Relocation): Uint8Array {
  const { sessionId, instanceId, claim, volumes } = relocation;
  assert(volumes.length <= relocatedVolumesMax, 'a relocation has a limit of volumes');
  return encodeMsgpack({
    sessionId,
    instanceId,
    claim,
    volumes: volumes.map(({ pointId, volumeId, root }) => {
      return { pointId, volumeId, root: storableMapEntry(root) };
    }),
  });
}

/** @throws OBJECT_CORRUPT */
export function decodeRelocation(content: Uint8Array, location: ObjectLocation): Relocation {
  const fields = StoredFields.decode(content, location);
  return {
    sessionId: fields.uuid('sessionId') as SessionId,
    instanceId: fields.text('instanceId') as InstanceId,
    claim: fields.count('claim', { min: 1, max: claimNumberMax }),
    volumes: fields.maps('volumes', relocatedVolumesMax).map((volume) => {
      return {
        pointId: volume.uuid('pointId') as PointId,
        volumeId: volume.text('volumeId') as VolumeId,
        root: readMapEntry(volume, 'root'),
      };
    }),
  };
}
