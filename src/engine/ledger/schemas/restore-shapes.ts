import type { RestoreSessionEvent } from '../../../domain/restore-session/restore-events.ts';
import type { VolumePlace } from '../../../domain/restore-session/volume-place.ts';
import { choice, nullable, object } from '../../../domain/shape/shape.ts';
import { amount, id, many, problem, timestamp, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

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
    volumeId: id(),
    device: id(),
    sizeBytes: amount,
    location: words,
    bytesWritten: amount,
    bytesDamaged: amount,
  }),
  RestoreCompleted: object({ endedAt: timestamp }),
  RestoreFailed: object({ problem, endedAt: timestamp }),
  RestoreCancelled: object({ reason: words, endedAt: timestamp }),
};
