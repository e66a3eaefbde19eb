import type { CommitRequest } from '../../repository.ts';
import type { PointManifest } from '../../restore-point.ts';
import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId, TimestampMs } from '../../../domain/identifiers.ts';
import { type PointLock, pointLockAt } from '../lock/lock-generation.ts';
import { type PointNeeds, retainNeeds } from '../lock/retain-needs.ts';
import { sessionLockOf } from '../lock/session-lock.ts';
import { pointKey } from '../object/object-keys.ts';
import { makeDurable } from '../object/make-durable.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import { RecordPackWriter } from '../pack/record-pack-writer.ts';
import { encodeManifest } from '../point/manifest-codec.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import { pointRemoved } from '../point/point-removed.ts';
import type { StoredPoint, StoredVolume } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { removeWriter } from '../writer/remove-writer.ts';
import { checkCommitRequest } from './check-commit-request.ts';
import { commitVolume } from './commit-volume.ts';

/**
 * Makes the restore point. Everything that the point needs is durable before its manifest is
 * created, and creating the manifest is the one step that decides: interrupted before it, there is
 * no point and the call can be repeated; after it, the repeated call finds the point. When the
 * session turns out to be fenced, what a late commit has written is removed again.
 *
 * @throws SESSION_FENCED, INVALID_ARGUMENT when plan, segments and request do not belong together,
 *   UNKNOWN_POINT, UNKNOWN_VOLUME, OBJECT_CORRUPT, OBJECT_NOT_FOUND, and the signal's reason when it
 *   aborts before the manifest is created
 */
export async function commitPoint(
  context: RepositoryContext,
  request: CommitRequest,
): Promise<PointManifest> {
  checkCommitRequest(request);
  const { sessionId, instanceId } = request;
  try {
    const earlier = await earlierOutcome(context, sessionId, instanceId);
    if (earlier === null) return await makePoint(context, request);
    await makeDurable(context.objectStore, pointKey(instanceId, sessionId));
    return earlier;
  } catch (error) {
    // Whoever discarded the session has removed what was there then, and a part of that may be
    // what this commit has missed.
    if (!hasErrorCode(error, 'SESSION_FENCED', 'OBJECT_NOT_FOUND', 'INVALID_ARGUMENT')) throw error;
    const { kind } = await context.catalog.slotOf(instanceId, sessionId);
    // What a removed point has stored stays: other points may refer to it.
    if (kind !== 'tombstone') throw error;
    await removeWriter(context, sessionId);
    throw hasErrorCode(error, 'SESSION_FENCED') ? error : sessionFenced(sessionId, error);
  }
}

async function makePoint(
  context: RepositoryContext,
  request: CommitRequest,
): Promise<PointManifest> {
  const { sessionId, signal } = request;
  const { objectStore, keys, keyring, random } = context;
  const session = await keyring.keysOf(sessionId);
  const { retention } = objectStore;
  const lock = retention === null ? null : pointLockAt(retention, context.clock.now());
  const writer = new RecordPackWriter({
    objectStore,
    repositoryKeys: keys,
    session,
    random,
    records: 'map-node',
    retainUntil: lock?.retainUntil ?? null,
  });
  const packSizes = context.newPackSizes();
  const volumes: StoredVolume[] = [];
  // Anew, although the plans have: what is taken over is needed only as long as the parent is there.
  const parents = new Map<PointId, CurrentPoint>();
  for (const volume of request.volumes) {
    const { parent } = volume;
    let parentPoint: CurrentPoint | null = null;
    if (parent !== null) {
      parentPoint =
        parents.get(parent.pointId) ?? (await context.catalog.readParent(parent.pointId));
      parents.set(parent.pointId, parentPoint);
    }
    const commit = { session, volume, writer, packSizes, parentPoint, signal };
    volumes.push(await commitVolume(context, commit));
  }
  await writer.close();
  signal?.throwIfAborted();
  let retainedUntil: TimestampMs | null = null;
  if (retention !== null && lock !== null) {
    const needs = await needsOf(context, sessionId, volumes, [...parents.values()]);
    retainedUntil = await retainNeeds(context, retention, lock, needs);
    signal?.throwIfAborted();
  }
  const locked = lock === null ? null : { lock, retainedUntil };
  return await createManifest(context, storedPointOf(request, volumes, locked, context), locked);
}

interface LockedPoint {
  readonly lock: PointLock;
  /** Until when all that it needs is locked. */
  readonly retainedUntil: TimestampMs | null;
}

async function needsOf(
  context: RepositoryContext,
  sessionId: SessionId,
  volumes: readonly StoredVolume[],
  parents: readonly CurrentPoint[],
): Promise<PointNeeds> {
  // A parent that was made before anything was locked has no date.
  const dates = parents.map((parent) => parent.retainedUntil ?? 0);
  return {
    sessionId,
    roots: volumes.map(({ root }) => root),
    ownUntil: (await sessionLockOf(context, sessionId)) ?? (0 as TimestampMs),
    takenOverUntil: dates.length === 0 ? null : (Math.min(...dates) as TimestampMs),
  };
}

function storedPointOf(
  request: CommitRequest,
  volumes: readonly StoredVolume[],
  locked: LockedPoint | null,
  { clock }: RepositoryContext,
): StoredPoint {
  const { sessionId, instanceId, setId, takenAt, configuration } = request;
  return {
    manifest: {
      pointId: sessionId,
      instanceId,
      setId,
      takenAt,
      committedAt: clock.now(),
      ...(locked === null ? {} : { lockedUntil: locked.lock.until }),
      configuration,
      volumes: volumes.map(({ volume }) => volume),
    },
    retainedUntil: locked?.retainedUntil ?? null,
    volumes,
  };
}

async function createManifest(
  context: RepositoryContext,
  point: StoredPoint,
  locked: LockedPoint | null,
): Promise<PointManifest> {
  const { objectStore, catalog } = context;
  const { pointId, instanceId } = point.manifest;
  const objectKey = pointKey(instanceId, pointId);
  const sealed = sealRepositoryObject(context, {
    kind: 'manifest',
    objectKey,
    content: encodeManifest(point),
  });
  try {
    const retainUntil = locked?.lock.retainUntil;
    await objectStore.create(objectKey, sealed, retainUntil === undefined ? {} : { retainUntil });
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    // Our own success whose answer was lost, another engine on the same session, or a fence.
    const outcome = await earlierOutcome(context, pointId, instanceId);
    if (outcome === null) throw error;
    return outcome;
  }
  // Another engine may have committed before, and removed the point since: the key was free again.
  if (await catalog.isRemoved(instanceId, pointId)) throw pointRemoved(pointId);
  return point.manifest;
}

/** The point if the session has committed, null if it may; @throws SESSION_FENCED */
async function earlierOutcome(
  { catalog }: RepositoryContext,
  sessionId: SessionId,
  instanceId: InstanceId,
): Promise<PointManifest | null> {
  const slot = await catalog.slotOf(instanceId, sessionId);
  switch (slot.kind) {
    case 'free':
      return null;
    case 'point':
      return slot.point.manifest;
    case 'tombstone':
    // No backup, and it has ended all the same.
    case 'relocation':
      throw sessionFenced(sessionId);
    case 'removed':
      throw pointRemoved(sessionId);
  }
}

function sessionFenced(sessionId: SessionId, cause?: unknown): SnapledgerError {
  return new SnapledgerError(
    'SESSION_FENCED',
    `session ${sessionId} was closed without a restore point and can make none any more`,
    { cause, remedy: 'Start a new session.', details: { sessionId } },
  );
}
