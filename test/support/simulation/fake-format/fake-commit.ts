import { blockCountOf } from '../../../../src/domain/block-size.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { CommitRequest, CommitVolume } from '../../../../src/format/repository.ts';
import type { PointManifest, PointVolume } from '../../../../src/format/restore-point.ts';
import type { RepositoryOptions } from '../../../../src/format/repository-options.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import {
  createJson,
  fakeKeys,
  type FakePlan,
  type FakePoint,
  type FakeSegment,
  invalid,
  isRemoved,
  readJson,
  removedSince,
} from './fake-objects.ts';
import type { ParentVolume } from './fake-plan.ts';
import type { StoredBlock } from './stored-block.ts';

type ReadParent = (parent: NonNullable<CommitVolume['parent']>) => Promise<ParentVolume>;

/** @throws SESSION_FENCED, INVALID_ARGUMENT, and the signal's reason before the point is made */
export async function commitFakePoint(
  { objectStore, clock }: RepositoryOptions,
  request: CommitRequest,
  readParent: ReadParent,
): Promise<PointManifest> {
  const { sessionId, instanceId, setId, takenAt, configuration, signal } = request;
  const key = fakeKeys.point(instanceId, sessionId);
  const earlier = outcomeOf(await readJson<FakePoint>(objectStore, key));
  if (await isRemoved(objectStore, instanceId, sessionId)) throw removedSince(sessionId);
  if (earlier !== null) return earlier;

  const volumes: { stored: PointVolume; blocks: readonly StoredBlock[] }[] = [];
  for (const volume of request.volumes) {
    volumes.push(await commitVolume(objectStore, volume, readParent));
  }
  signal?.throwIfAborted();
  const manifest: PointManifest = {
    pointId: sessionId,
    instanceId,
    setId,
    takenAt,
    committedAt: clock.now(),
    configuration,
    volumes: volumes.map(({ stored }) => stored),
  };
  const point: FakePoint = {
    kind: 'point',
    manifest,
    volumes: volumes.map(({ stored: { volumeId }, blocks }) => ({ volumeId, blocks })),
  };
  if ((await createJson(objectStore, key, point)) === 'created') {
    if (await isRemoved(objectStore, instanceId, sessionId)) throw removedSince(sessionId);
    return manifest;
  }
  const other = outcomeOf(await readJson<FakePoint>(objectStore, key));
  if (other === null) throw invalid('points are not removed while a session commits');
  return other;
}

function outcomeOf(found: FakePoint | null): PointManifest | null {
  if (found === null) return null;
  if (found.kind === 'point') return found.manifest;
  throw new SnapledgerError('SESSION_FENCED', 'the session was closed without a restore point');
}

async function commitVolume(
  objectStore: ObjectStore,
  volume: CommitVolume,
  readParent: ReadParent,
): Promise<{ stored: PointVolume; blocks: readonly StoredBlock[] }> {
  const plan = await readJson<FakePlan>(objectStore, fakeKeys.plan(volume));
  if (plan === null) throw invalid(`there is no plan ${volume.planId}`);
  if (plan.sizeBytes !== volume.sizeBytes) throw invalid('the plan is for another size');
  if (JSON.stringify(plan.parent) !== JSON.stringify(volume.parent)) {
    throw invalid('the plan is for another parent');
  }
  const segments = await readRuns(objectStore, volume);
  const planned = plan.entries.filter(({ task }) => task === 'read');
  const transferred = segments.flatMap((segment) => segment.blocks);
  if (transferred.length !== planned.length) throw invalid('the segments do not cover the plan');

  const blocks = await baseBlocks(plan, readParent);
  for (const { index, task } of plan.entries) if (task === 'absent') blocks[index] = 'absent';
  for (const [position, { index }] of planned.entries()) {
    blocks[index] = transferred[position] ?? 'absent';
  }
  const sum = (pick: (segment: FakeSegment) => number): number =>
    segments.reduce((total, segment) => total + pick(segment), 0);
  const { volumeId, device, snapshotId, sizeBytes } = volume;
  const stored: PointVolume = {
    volumeId,
    device,
    snapshotId,
    sizeBytes,
    blocksStored: sum(({ counts }) => counts.blocksStored),
    bytesStored: sum(({ counts }) => counts.bytesStored),
    mapBytesStored: 0,
  };
  return { stored, blocks };
}

async function baseBlocks(plan: FakePlan, readParent: ReadParent): Promise<StoredBlock[]> {
  const blockCount = blockCountOf(plan.sizeBytes);
  if (plan.base === 'empty' || plan.parent === null) {
    return new Array<StoredBlock>(blockCount).fill('absent');
  }
  return [...(await readParent(plan.parent)).blocks];
}

/** All segments that count, each beginning where the one before ended. */
async function readRuns(
  objectStore: ObjectStore,
  volume: CommitVolume,
): Promise<readonly FakeSegment[]> {
  const segments: FakeSegment[] = [];
  for (const { attempt, firstSegment, endSegment } of volume.segments) {
    for (let number = firstSegment; number < endSegment; number += 1) {
      const key = fakeKeys.segment(volume, attempt, number);
      const segment = await readJson<FakeSegment>(objectStore, key);
      if (segment === null) throw invalid(`segment ${number} of attempt ${attempt} is not there`);
      const expected = segments.at(-1)?.endPlanned ?? 0;
      if (segment.firstPlanned !== expected) throw invalid('the segments leave a gap or overlap');
      segments.push(segment);
    }
  }
  return segments;
}
