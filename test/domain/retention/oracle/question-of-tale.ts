import type {
  AdoptedReplica,
  AdoptedSet,
} from '../../../../src/domain/backup-session/adoption-events.ts';
import type { StartedBackup } from '../../../../src/domain/backup-session/backup-session.ts';
import type { SessionOrigin } from '../../../../src/domain/backup-session/session-origin.ts';
import type { PointId, TimestampMs, VolumeId } from '../../../../src/domain/identifiers.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../../../src/domain/instance/instance-state.ts';
import type { ItemRef } from '../../../../src/domain/retention/retention-plan.ts';
import { eventsOf, journeyCommands, stateAfter } from '../../../support/domain/backup-journey.ts';
import { sampleIds } from '../../../support/domain/sample-ids.ts';
import type { HistoryTale, NowTale, OwnExpiryTale, SessionTale } from './arbitrary-history.ts';
import { targetAt } from './arbitrary-policy.ts';
import { periodOver } from './oracle-calendar.ts';
import type { RetentionQuestion } from './retention-question.ts';
import { known } from '../../../../src/domain/sensitive/sensitive.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const template = stateAfter(eventsOf(journeyCommands.start('image-level')));

/** What the tale tells, as the ledger would have it. */
export function questionOf(tale: HistoryTale): RetentionQuestion {
  const times = timesOf(tale);
  const now = nowOf(tale.now, times);
  const isDecided = tale.asked === 'by-the-last-session';
  const sessions: StartedBackup[] = [];
  for (const [place, told] of tale.sessions.entries()) {
    const isDeciding = isDecided && place === tale.sessions.length - 1;
    const status = isDeciding ? 'running' : told.status;
    sessions.push(sessionOf({ ...told, status }, place, timeAt(times, place), now, sessions));
  }
  const items = sessions.flatMap(itemsOf);
  const ledger = withoutLost(tale, sessions);
  return {
    sessions: ledger,
    instance: instanceOf(tale, items, now),
    restores: chosen(items, tale.restores).map((source, index) => ({
      sessionId: sampleIds.session(`restore-${index}`),
      source,
    })),
    policy: tale.policy,
    obsolete: tale.obsolete,
    deciding: isDecided ? (ledger.at(-1)?.sessionId ?? null) : null,
    now,
    dependency: tale.dependency,
  };
}

/** Those that the ledger has, one of which has adopted what it has not. */
function withoutLost(
  { sessions: tales }: HistoryTale,
  sessions: readonly StartedBackup[],
): readonly StartedBackup[] {
  const isLost = ({ snapshotSet, status }: StartedBackup, place: number): boolean =>
    tales[place]?.record === 'lost' &&
    place < sessions.length - 1 &&
    snapshotSet?.state === 'completed' &&
    status !== 'running';
  const lost = sessions.filter(isLost);
  if (lost.length === 0) return sessions;
  const kept = sessions.filter((session, place) => !isLost(session, place));
  const adoption: StartedBackup = {
    ...template,
    sessionId: sampleIds.session('adoption'),
    kind: 'maintenance',
    scope: 'adoption',
    status: 'succeeded',
    adopted: { sets: lost.flatMap(adoptedSetsOf), replicas: lost.flatMap(adoptedReplicasOf) },
  };
  return [...kept.slice(0, -1), adoption, ...kept.slice(-1)];
}

function adoptedSetsOf(session: StartedBackup): readonly AdoptedSet[] {
  const { snapshotSet } = session;
  if (snapshotSet === null) return [];
  const { setId, snapshots } = snapshotSet;
  return [{ ...commonOf(session), setId, snapshots }];
}

function adoptedReplicasOf(session: StartedBackup): readonly AdoptedReplica[] {
  const { snapshotSet, replicas } = session;
  if (snapshotSet === null) return [];
  const { setId } = snapshotSet;
  return replicas
    .filter(({ state }) => state === 'completed')
    .map(({ replicaSetId, target, snapshots }) => ({
      ...commonOf(session),
      replicaSetId,
      target,
      setId,
      snapshots: snapshots.map((copy) => ({
        ...copy,
        device: sampleIds.device(copy.volumeId),
        sizeBytes: 524_288,
      })),
    }));
}

function commonOf({
  sessionId,
  origin,
  snapshotSet,
  startedAt,
}: StartedBackup): Omit<AdoptedSet, 'setId' | 'snapshots'> {
  return {
    madeBy: sessionId,
    policyId: origin.kind === 'manual' ? null : sampleIds.policy('lost'),
    region: sampleIds.region('home'),
    takenAt: snapshotSet?.takenAt ?? startedAt,
    configuration: known({}),
    reason: 'unknown-session',
  };
}

function sessionOf(
  told: SessionTale,
  place: number,
  takenAt: TimestampMs,
  now: TimestampMs,
  before: readonly StartedBackup[],
): StartedBackup {
  // Two digits, so that ids sort as places do.
  const name = String(place).padStart(2, '0');
  const sessionId = sampleIds.session(name);
  const isTaken = told.set === 'taken' || told.set === 'completed';
  const isCompleted = told.set === 'completed';
  const copied = (
    sourceVolumes: readonly VolumeId[],
    target: number,
  ): StartedBackup['replicas'][number]['snapshots'] =>
    sourceVolumes.map((volumeId) => ({
      snapshotId: sampleIds.snapshot(`${name}-${volumeId}-${target}`),
      sourceSnapshotId: sampleIds.snapshot(`${name}-${volumeId}`),
      volumeId,
    }));
  const volumeIds = told.volumes.map(sampleIds.volume);
  const earlierPoints = before.flatMap(({ point }) => point?.pointId ?? []);
  const made: StartedBackup = {
    ...template,
    sessionId,
    status: told.status,
    origin: originOf(told, now),
    startedAt: takenAt,
    snapshotSet:
      told.set === 'none'
        ? null
        : {
            setId: sampleIds.set(name),
            state: told.set,
            takenAt: isTaken ? takenAt : null,
            snapshots: isTaken
              ? volumeIds.map((volumeId) => ({
                  snapshotId: sampleIds.snapshot(`${name}-${volumeId}`),
                  volumeId,
                  device: sampleIds.device(volumeId),
                  sizeBytes: 524_288,
                }))
              : [],
          },
    replicas: isCompleted
      ? told.replicas.map(({ target, state }) => ({
          replicaSetId: sampleIds.replica(`${name}-${target}`),
          target: targetAt(target),
          state,
          snapshots: state === 'requested' ? [] : copied(volumeIds, target),
          completedAt: state === 'completed' ? takenAt : null,
        }))
      : [],
    readPlan: isCompleted
      ? chosen<PointId | null>(earlierPoints, told.parents).map((parentPointId, index) => ({
          volumeId: sampleIds.volume(index),
          device: sampleIds.device(String(index)),
          snapshotId: sampleIds.snapshot(`${name}-${index}`),
          sizeBytes: 524_288,
          mode: 'changed',
          reason: null,
          baseSnapshotId: null,
          parentPointId,
          planId: `plan-${name}-${index}`,
          plannedBlocks: 1,
        }))
      : null,
    point:
      isCompleted && told.image === 'point'
        ? { pointId: sessionId, committedAt: takenAt, volumes: [] }
        : null,
    expiredPoints: chosen(earlierPoints, told.expires),
  };
  // What a session is making is never removed before that session ends.
  const removable = [...before, made].flatMap((session) =>
    itemsOf(session).filter((item) => !isBeingMade(item, session)),
  );
  return {
    ...made,
    removed: removalsOf(chosen(removable, told.removes)),
    unremoved: removalsOf(chosen(removable, told.removesInVain)),
  };
}

function originOf({ origin, expiry }: SessionTale, now: TimestampMs): SessionOrigin {
  switch (origin) {
    case 'policy':
      return { kind: 'policy', runId: null };
    case 'on-demand':
      return { kind: 'on-demand' };
    case 'manual':
      return { kind: 'manual', expiresAt: momentOf(expiry, now) };
  }
}

/** By way of the events of the instance's own stream. */
function instanceOf(
  { holds, expiries, merges }: HistoryTale,
  items: readonly ItemRef[],
  now: TimestampMs,
): InstanceState {
  let state = initialInstance;
  for (const [index, { item: choice, hold }] of holds.entries()) {
    const [item] = chosen(items, [choice]);
    if (item === undefined) continue;
    const until = hold === 'legal-hold' ? null : momentOf(hold, now);
    state = evolveInstance(state, {
      type: 'HoldPlaced',
      data: {
        holdId: sampleIds.hold(index),
        item,
        hold: until === null ? { kind: 'legal-hold', note: known('') } : { kind: 'lock', until },
        placedAt: now,
      },
    });
  }
  for (const { item: choice, expiry } of expiries) {
    const [item] = chosen(items, [choice]);
    if (item === undefined) continue;
    const expiresAt = momentOf(expiry, now);
    state = evolveInstance(state, { type: 'ExpirySet', data: { item, expiresAt, setAt: now } });
  }
  const points = items.flatMap((item) => (item.kind === 'restore-point' ? [item.id] : []));
  for (const [index, merge] of merges.entries()) {
    const [pointId] = chosen(points, [merge.point]);
    if (pointId === undefined) continue;
    const parents = chosen(points.slice(0, points.indexOf(pointId)), merge.parents);
    state = evolveInstance(state, {
      type: 'ParentsChanged',
      data: { sessionId: sampleIds.session(`merge-${index}`), pointId, parents, changedAt: now },
    });
  }
  return state;
}

function momentOf(expiry: OwnExpiryTale, now: TimestampMs): TimestampMs | null {
  const after = (ms: number): TimestampMs => (now + ms) as TimestampMs;
  switch (expiry) {
    case 'never':
      return null;
    case 'yesterday':
      return after(-dayMs);
    case 'now':
      return now;
    case 'a-moment-later':
      return after(1);
    case 'tomorrow':
      return after(dayMs);
  }
}

function timesOf({ begins, sessions }: HistoryTale): readonly TimestampMs[] {
  let at = Date.parse(begins);
  return sessions.map(({ afterMinutes }) => (at += afterMinutes * minuteMs) as TimestampMs);
}

function nowOf(now: NowTale, times: readonly TimestampMs[]): TimestampMs {
  switch (now.kind) {
    case 'after':
      return (Math.max(...times) + now.minutes * minuteMs) as TimestampMs;
    case 'at-the-end': {
      const over = periodOver(timeAt(times, now.session), now.period, now.timeZone);
      return (over + now.offsetMs) as TimestampMs;
    }
  }
}

function timeAt(times: readonly TimestampMs[], place: number): TimestampMs {
  const at = times[place % times.length];
  if (at === undefined) throw new Error('A tale has at least one session');
  return at;
}

/** All that the session made, whatever has become of it. */
function itemsOf({ snapshotSet, replicas, point }: StartedBackup): readonly ItemRef[] {
  const items: ItemRef[] = [];
  if (snapshotSet !== null) items.push({ kind: 'snapshot-set', id: snapshotSet.setId });
  for (const { replicaSetId } of replicas) items.push({ kind: 'replica', id: replicaSetId });
  if (point !== null) items.push({ kind: 'restore-point', id: point.pointId });
  return items;
}

function isBeingMade({ id }: ItemRef, { status, replicas }: StartedBackup): boolean {
  return (
    status === 'running' &&
    replicas.some(
      ({ replicaSetId, state }) =>
        replicaSetId === id && (state === 'requested' || state === 'started'),
    )
  );
}

function removalsOf(items: readonly ItemRef[]): StartedBackup['removed'] {
  return {
    sets: items.flatMap((item) => (item.kind === 'snapshot-set' ? item.id : [])),
    replicas: items.flatMap((item) => (item.kind === 'replica' ? item.id : [])),
    points: items.flatMap((item) => (item.kind === 'restore-point' ? item.id : [])),
  };
}

/** Each at most once, in the order in which they were chosen. */
function chosen<T>(from: readonly T[], choices: readonly number[]): readonly T[] {
  return [
    ...new Set(choices.flatMap((choice) => from.at(choice % Math.max(1, from.length)) ?? [])),
  ];
}
