import type { DeviceName, VolumeId } from '../../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../../domain/restore-session/restore-events.ts';
import type { ExchangedVolume } from '../../../domain/restore-session/volume-exchange.ts';
import type { VolumePlace } from '../../../domain/restore-session/volume-place.ts';
import { choice, map, nullable, object, sensitive } from '../../../domain/shape/shape.ts';
import { amount, id, itemRef, many, problem, timestamp, words } from './event-fields.ts';
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
    source: itemRef,
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
  RestoreInstanceRequested: object({
    region: id(),
    configuration: nullable(sensitive(map())),
  }),
  InstanceRestored: object({ resourceId: id() }),
  VolumeRestored: object({
    volumeId: restoredFields.volumeId,
    device: restoredFields.device,
    sizeBytes: amount,
    location: nullable(sensitive(words)),
    resourceId: nullable(id()),
    bytesWritten: amount,
    bytesDamaged: amount,
  }),
  OriginalRestoreRequested: object({ region: id() }),
  VolumeExchangeRequested: object({
    region: id(),
    instanceWas: choice('running', 'stopped'),
    volumes: many(
      object<ExchangedVolume>({
        device: id(),
        kept: nullable(id()),
        placed: nullable(id()),
        onTermination: choice('delete', 'keep'),
      }),
    ),
    undoes: nullable(id()),
  }),
  InstanceStopped: object({ instanceId: id() }),
  VolumeExchanged: object({ device: id() }),
  PutBackRequested: object({ problem }),
  VolumePutBack: object({ device: id() }),
  InstanceStarted: object({ instanceId: id() }),
  RestoreTakenOver: object({ engineId: id() }),
  RestoreConfirmed: object({
    region: id(),
    confirms: id(),
    kept: many(id()),
    released: many(id()),
  }),
  KeptVolumeRemoved: object({ volumeId: id() }),
  RestoreCompleted: object({ warnings: many(problem), endedAt: timestamp }),
  RestoreFailed: object({ problem, endedAt: timestamp }),
  RestoreCancelled: object({ reason: words, endedAt: timestamp }),
};
