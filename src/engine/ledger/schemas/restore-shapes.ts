import type { DeviceName, VolumeId } from '../../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../../domain/restore-session/restore-events.ts';
import type { VolumePlace } from '../../../domain/restore-session/volume-place.ts';
import { choice, nullable, object, sensitive } from '../../../domain/shape/shape.ts';
import { amount, id, many, problem, timestamp, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

/** Of a restored volume, whatever the version. */
export const restoredFields = {
  volumeId: id<VolumeId>(),
  device: id<DeviceName>(),
  sizeBytes: amount,
  bytesWritten: amount,
  bytesDamaged: amount,
};

export const restoreShapes: ShapesOf<RestoreSessionEvent> = {
  RestoreStarted: object({
    kind: choice('restore'),
    sessionId: id(),
    instanceId: id(),
    pointId: id(),
    engineId: id(),
    volumeIds: many(id()),
    startedAt: timestamp,
  }),
  RestoreVolumeRequested: object({
    volumeId: id(),
    device: id(),
    place: object<VolumePlace>({
      region: id(),
      availabilityZone: id(),
      volumeType: id(),
      keyId: nullable(id()),
    }),
  }),
  VolumeRestored: object({
    volumeId: restoredFields.volumeId,
    device: restoredFields.device,
    sizeBytes: amount,
    location: nullable(sensitive(words)),
    bytesWritten: amount,
    bytesDamaged: amount,
  }),
  RestoreCompleted: object({ endedAt: timestamp }),
  RestoreFailed: object({ problem, endedAt: timestamp }),
  RestoreCancelled: object({ reason: words, endedAt: timestamp }),
};
