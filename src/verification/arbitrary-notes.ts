import fc from 'fast-check';
import type { TimestampMs } from '../domain/identifiers.ts';
import type { ReplicaTarget } from '../domain/policy/replica-target.ts';
import { type NotedReplica, noted, type NotedSession } from './noted-session.ts';

const hourMs = 3_600_000;

/**
 * Where replicas go: two regions, in one of them a key that was replaced, and another account whose role was.
 */
export const arbitraryTarget: fc.Arbitrary<ReplicaTarget> = fc.constantFrom(
  { region: noted.region('west'), keyId: null, account: null },
  { region: noted.region('east'), keyId: 'key-1', account: null },
  { region: noted.region('east'), keyId: 'key-2', account: null },
  { region: noted.region('west'), keyId: null, account: noted.role('copies') },
  { region: noted.region('west'), keyId: null, account: noted.role('copies-2') },
);

const wholeVolumes = ['root', 'data'] as const;

interface Draft {
  readonly hoursLater: number;
  readonly fate: 'well' | 'failed' | 'cancelled' | 'hangs';
  readonly set: NotedSession['set'];
  readonly volumes: readonly string[];
  readonly isImage: boolean;
  readonly isIncremental: boolean;
  readonly replicas: readonly NotedReplica[];
  readonly origin: NotedSession['origin'];
  /** What later retention did with what it made. */
  readonly later: 'nothing' | 'set-removed' | 'point-removed' | 'point-expired' | 'half-removed';
}

const drafts: fc.Arbitrary<Draft> = fc.record({
  // Mostly a day or less; sometimes downtime, sometimes a clock that was set back.
  hoursLater: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 30 }) },
    { weight: 2, arbitrary: fc.integer({ min: 31, max: 24 * 45 }) },
    { weight: 1, arbitrary: fc.integer({ min: -12, max: 0 }) },
  ),
  fate: fc.constantFrom('well', 'well', 'well', 'failed', 'cancelled', 'hangs'),
  set: fc.constantFrom('completed', 'completed', 'completed', 'completed', 'torn', 'none'),
  volumes: fc.constantFrom(wholeVolumes, wholeVolumes, ['root'], ['root', 'other']),
  isImage: fc.boolean(),
  isIncremental: fc.constantFrom(true, true, false),
  replicas: fc.uniqueArray(
    fc.record({
      target: arbitraryTarget,
      state: fc.constantFrom('completed', 'completed', 'failed', 'torn', 'started', 'started'),
    }),
    { maxLength: 2, selector: ({ target }) => target.region },
  ),
  origin: fc.oneof(
    { weight: 6, arbitrary: fc.constant({ kind: 'on-demand' } as const) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('manual' as const),
        expiresAt: fc.option(fc.integer({ min: 0, max: 90 * 24 }), { nil: null }),
      }) as fc.Arbitrary<NotedSession['origin']>,
    },
  ),
  later: fc.constantFrom(
    'nothing',
    'nothing',
    'nothing',
    'set-removed',
    'point-removed',
    'point-expired',
    'half-removed',
  ),
});

/** Sessions of one instance as they can have been; at most the last one still runs. */
export const arbitraryNotes: fc.Arbitrary<readonly NotedSession[]> = fc
  // Often the last one still runs: within it, mostly, retention is decided.
  .tuple(fc.array(drafts, { maxLength: 14 }), fc.constantFrom('ends' as const, 'runs' as const))
  .map(([drafted, last]) => {
    const all = drafted.map((draft, number): Draft => {
      const isLast = number === drafted.length - 1;
      return last === 'runs' && isLast ? { ...draft, fate: 'hangs' } : draft;
    });
    let takenAt = Date.UTC(2026, 1, 20);
    return all.map((draft, number): NotedSession => {
      takenAt += draft.hoursLater * hourMs;
      return noteOf(draft, number, takenAt as TimestampMs, all);
    });
  });

function noteOf(
  draft: Draft,
  number: number,
  takenAt: TimestampMs,
  all: readonly Draft[],
): NotedSession {
  const isLast = number === all.length - 1;
  // A session that hung was ended by another engine before the next one began.
  const isRunning = draft.fate === 'hangs' && isLast;
  const fate = draft.fate === 'hangs' ? (isLast ? 'running' : 'failed') : draft.fate;
  const status = fate === 'well' ? 'succeeded' : fate;
  const isWhole = draft.set === 'completed';
  const mayCommit = isWhole && draft.isImage && (status === 'succeeded' || isRunning);
  return {
    number,
    takenAt,
    status,
    set: draft.set === 'torn' && status === 'succeeded' ? 'completed' : draft.set,
    volumes: draft.volumes,
    point: mayCommit ? 'committed' : 'none',
    parent: draft.isIncremental ? lastPointBefore(number, all) : null,
    replicas: isWhole ? draft.replicas.map((replica) => settled(replica, isRunning)) : [],
    origin: withExpiry(draft.origin, takenAt),
    ...(isLast ? doneBy(all, number) : nothingDone),
  };
}

/** Only a running session can have copies that are under way. */
function settled(replica: NotedReplica, isRunning: boolean): NotedReplica {
  return replica.state === 'started' && !isRunning ? { ...replica, state: 'completed' } : replica;
}

function withExpiry(origin: NotedSession['origin'], takenAt: number): NotedSession['origin'] {
  if (origin.kind !== 'manual' || origin.expiresAt === null) return origin;
  return { kind: 'manual', expiresAt: (takenAt + origin.expiresAt * hourMs) as TimestampMs };
}

function lastPointBefore(number: number, all: readonly Draft[]): number | null {
  const before = all.slice(0, number);
  const place = before.findLastIndex(
    ({ fate, isImage, set }) => fate === 'well' && isImage && set === 'completed',
  );
  return place < 0 ? null : place;
}

type Done = Pick<
  NotedSession,
  'removedSets' | 'removedPoints' | 'removedReplicas' | 'expiredPoints' | 'halfRemovedSets'
>;

const nothingDone: Done = {
  removedSets: [],
  removedPoints: [],
  removedReplicas: [],
  expiredPoints: [],
  halfRemovedSets: [],
};

/** The last session did all that was ever removed; who did it is of no account to the rules. */
function doneBy(all: readonly Draft[], last: number): Done {
  const numbers = (later: Draft['later']): readonly number[] =>
    all.flatMap((draft, number) => (draft.later === later && number < last ? [number] : []));
  return {
    removedSets: numbers('set-removed'),
    removedPoints: numbers('point-removed'),
    removedReplicas: [],
    expiredPoints: numbers('point-expired'),
    halfRemovedSets: numbers('half-removed'),
  };
}
