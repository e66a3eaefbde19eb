import {
  blockCountOf,
  type Clock,
  type CommitRequest,
  type CommitVolume,
  type ObjectStore,
  type PointManifest,
  type PointVolume,
} from '../../src/format.ts';
import {
  createOnce,
  fenced,
  invalid,
  type PlainBlock,
  type PlainPlan,
  plainKeys,
  type PlainPoint,
  type PlainSegment,
  readObject,
} from './plain-objects.ts';
import { type ParentVolume, toRead } from './plain-plan.ts';

interface CommitWorld {
  readonly objectStore: ObjectStore;
  readonly clock: Clock;
  readonly parentVolume: (parent: NonNullable<CommitVolume['parent']>) => Promise<ParentVolume>;
}

/**
 * Creates the point's object, which is the commit: whoever comes second finds the first one's.
 *
 * @throws SESSION_FENCED, INVALID_ARGUMENT, and the signal's reason while there is no point
 */
export async function commitPlainPoint(
  world: CommitWorld,
  request: CommitRequest,
): Promise<PointManifest> {
  const { objectStore, clock } = world;
  const { sessionId, instanceId, setId, takenAt, configuration } = request;
  const earlier = await committed(objectStore, request);
  if (earlier !== null) return earlier;
  const volumes: { blocks: readonly PlainBlock[]; described: PointVolume }[] = [];
  for (const volume of request.volumes) volumes.push(await commitVolume(world, volume));
  request.signal?.throwIfAborted();
  const manifest: PointManifest = {
    ...{ pointId: sessionId, instanceId, setId, takenAt, configuration },
    committedAt: clock.now(),
    volumes: volumes.map(({ described }) => described),
  };
  const point: PlainPoint = {
    kind: 'point',
    manifest,
    volumes: volumes.map(({ blocks, described: { volumeId } }) => ({ volumeId, blocks })),
  };
  await createOnce(objectStore, plainKeys.point(instanceId, sessionId), point);
  // Read back: it may be another engine's point, or a tombstone, or be removed by now.
  const made = await committed(objectStore, request);
  if (made === null) throw fenced(sessionId);
  return made;
}

async function committed(
  objectStore: ObjectStore,
  { sessionId, instanceId }: CommitRequest,
): Promise<PointManifest | null> {
  const key = plainKeys.point(instanceId, sessionId);
  const found = await readObject<PlainPoint>(objectStore, key);
  const removed = await objectStore.head(plainKeys.removed(instanceId, sessionId));
  if (removed !== null || found?.kind === 'tombstone') throw fenced(sessionId);
  return found === null ? null : found.manifest;
}

async function commitVolume(
  { objectStore, parentVolume }: CommitWorld,
  volume: CommitVolume,
): Promise<{ readonly blocks: readonly PlainBlock[]; readonly described: PointVolume }> {
  const plan = await readObject<PlainPlan>(objectStore, plainKeys.plan(volume));
  if (plan === null) throw invalid(`there is no plan ${volume.planId}`);
  if (plan.sizeBytes !== volume.sizeBytes) throw invalid('the plan is for another size');
  if (JSON.stringify(plan.parent) !== JSON.stringify(volume.parent)) {
    throw invalid('the plan is for another parent');
  }
  const segments = await readSegments(objectStore, volume);
  const transferred = segments.flatMap(({ blocks }) => blocks);
  const planned = toRead(plan);
  if (transferred.length !== planned.length) throw invalid('the segments do not cover the plan');

  const others =
    plan.others === 'as-in-parent' && plan.parent !== null
      ? (await parentVolume(plan.parent)).blocks
      : new Array<PlainBlock>(blockCountOf(plan.sizeBytes)).fill('absent');
  const blocks = [...others];
  for (const { index } of plan.blocks) blocks[index] = 'absent';
  for (const [position, { index }] of planned.entries()) {
    blocks[index] = transferred[position] ?? 'absent';
  }
  const { volumeId, device, snapshotId, sizeBytes } = volume;
  const sum = (count: (segment: PlainSegment) => number): number =>
    segments.reduce((total, segment) => total + count(segment), 0);
  return {
    blocks,
    described: {
      ...{ volumeId, device, snapshotId, sizeBytes },
      blocksStored: sum(({ counts }) => counts.blocksStored),
      bytesStored: sum(({ counts }) => counts.bytesStored),
      mapBytesStored: 0,
    },
  };
}

/** The segments that count, each of which begins where the one before ended. */
async function readSegments(
  objectStore: ObjectStore,
  volume: CommitVolume,
): Promise<readonly PlainSegment[]> {
  const segments: PlainSegment[] = [];
  for (const { attempt, firstSegment, endSegment } of volume.segments) {
    for (let number = firstSegment; number < endSegment; number += 1) {
      const key = plainKeys.segment(volume, attempt, number);
      const segment = await readObject<PlainSegment>(objectStore, key);
      if (segment === null) throw invalid(`attempt ${attempt} has posted no segment ${number}`);
      if (segment.firstPlanned !== (segments.at(-1)?.endPlanned ?? 0)) {
        throw invalid('the segments leave a gap, or overlap');
      }
      segments.push(segment);
    }
  }
  return segments;
}
