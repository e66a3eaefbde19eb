import type { EngineId, RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import type {
  RepositorySessionEvent,
  StoredData,
} from '../../../domain/repository-session/repository-events.ts';
import { repositoryWorks } from '../../../domain/repository-session/repository-work.ts';
import type { VerificationListed } from '../../../domain/repository-session/verification-listed.ts';
import { choice, nullable, object } from '../../../domain/shape/shape.ts';
import { amount, id, many, problem, timestamp, words } from './event-fields.ts';
import type { ShapesOf } from './shapes-of.ts';

const storedData = object<StoredData>({ objects: amount, bytes: amount });

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
  DamageFound: object({
    pointId: id(),
    volumeId: nullable(id()),
    device: nullable(id()),
    objectKey: id(),
    firstBlock: amount,
    blockCount: amount,
    reason: words,
  }),
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
