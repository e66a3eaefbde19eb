import type {
  DeviceName,
  EngineId,
  InstanceId,
  PointId,
  RepositoryId,
  SessionId,
  VolumeId,
} from '../../../domain/identifiers.ts';
import type {
  MergePlanned,
  RepositorySessionEvent,
  StoredData,
} from '../../../domain/repository-session/repository-events.ts';
import { repositoryWorks } from '../../../domain/repository-session/repository-work.ts';
import type { VerificationListed } from '../../../domain/repository-session/verification-listed.ts';
import { choice, nullable, object } from '../../../domain/shape/shape.ts';
import { amount, id, many, problem, timestamp, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

const storedData = object<StoredData>({ objects: amount, bytes: amount });

const foundDamage = {
  pointId: id<PointId>(),
  volumeId: nullable(id<VolumeId>()),
  device: nullable(id<DeviceName>()),
  objectKey: id(),
  firstBlock: amount,
  blockCount: amount,
  reason: words,
};

const healableDamage = {
  instanceId: id<InstanceId>(),
  blocksDamaged: amount,
  blocksFromCopies: amount,
  blocksFromElsewhere: amount,
  mapPartsDamaged: amount,
  mapPartsHealed: amount,
  objectsSpoilt: amount,
};

const plannedMerge = object<MergePlanned['data']['merges'][number]>({
  pointId: id(),
  absorbed: many(id()),
  bytesToWrite: amount,
});

/** Of every version. */
export const startedRepositoryFields = {
  kind: choice('repository'),
  sessionId: id<SessionId>(),
  repositoryId: id<RepositoryId>(),
  work: choice(...repositoryWorks),
  engineId: id<EngineId>(),
  startedAt: timestamp,
};

/** Of every version. */
export const plannedCollectionFields = {
  inUse: storedData,
  removable: storedData,
  awaiting: storedData,
  unexplained: storedData,
  leftovers: amount,
  openWriters: many(id<SessionId>()),
};

export const repositoryShapes: ShapesOf<RepositorySessionEvent> = {
  RepositorySessionStarted: object({ ...startedRepositoryFields, instanceId: nullable(id()) }),
  WriterEnded: object({
    writerId: id(),
    instanceId: id(),
    outcome: choice('discarded', 'committed'),
    why: choice('session-ended', 'asked-for'),
  }),
  CollectionPlanned: object({
    ...plannedCollectionFields,
    held: object({ objects: amount, bytes: amount, until: nullable(timestamp) }),
  }),
  DataCondemned: object({ generation: amount, objects: amount, bytes: amount }),
  DataRemoved: storedData,
  RepackPlanned: object({
    instanceId: id(),
    sparse: storedData,
    liveBytes: amount,
    left: storedData,
  }),
  DataMoved: object({
    instanceId: id(),
    pointsMoved: amount,
    bytesWritten: amount,
    blocksDamaged: amount,
  }),
  MergePlanned: object({ instanceId: id(), merges: many(plannedMerge), left: amount }),
  PointMerged: object({
    instanceId: id(),
    pointId: id(),
    absorbed: many(id()),
    parents: many(id()),
    bytesWritten: amount,
  }),
  DamageFound: object(foundDamage),
  RepairPlanned: object(healableDamage),
  DamageHealed: object({ ...healableDamage, pointsHealed: amount, bytesWritten: amount }),
  DamageLeft: object(foundDamage),
  PointsMarked: object({ instanceId: id(), sound: many(id()), damaged: many(id()) }),
  ObjectsVerified: object({ sound: many(id()), damaged: many(id()), verifiedAt: timestamp }),
  VerificationCovered: object({
    objects: amount,
    bytes: amount,
    objectsTotal: amount,
    bytesTotal: amount,
    findings: amount,
  }),
  RepositorySessionCompleted: object({ endedAt: timestamp }),
  RepositorySessionFailed: object({ problem, endedAt: timestamp }),
  RepositorySessionCancelled: object({ reason: words, endedAt: timestamp }),
};

export const verificationsShapes: ShapesOf<VerificationListed> = {
  VerificationListed: object({ sessionId: id() }),
};
