import fc from 'fast-check';
import type { HoldId, PolicyId, SessionId, TimestampMs } from '../domain/identifiers.ts';
import type { PlacedHold } from '../domain/instance/hold.ts';
import { initialInstance } from '../domain/instance/instance-state.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { defaultPolicy } from '../domain/policy/default-policy.ts';
import { instanceHistory } from '../domain/retention/instance-history.ts';
import type { ObsoleteRule } from '../domain/retention/obsolete-rule.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { ItemRef, PointDependency } from '../domain/retention/retention-plan.ts';
import type {
  GfsFlag,
  GfsSettings,
  RetentionSettings,
} from '../domain/retention/retention-settings.ts';
import { arbitraryNotes, arbitraryTarget } from './arbitrary-notes.ts';
import { noted, type NotedSession, sessionOf } from './noted-session.ts';
import { forgotten } from '../domain/sensitive/sensitive.ts';

const hourMs = 3_600_000;

const arbitraryPeriod = fc.record({
  amount: fc.integer({ min: 1, max: 20 }),
  unit: fc.constantFrom('days', 'days', 'weeks', 'months', 'years'),
});

const arbitraryFlag: fc.Arbitrary<GfsFlag | null> = fc.oneof(
  fc.constant(null),
  fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('period' as const), period: arbitraryPeriod }),
);

export const arbitraryGfs: fc.Arbitrary<GfsSettings> = fc.record({
  daily: arbitraryFlag,
  weekly: arbitraryFlag,
  monthly: arbitraryFlag,
  yearly: arbitraryFlag,
  hour: fc.integer({ min: 0, max: 23 }),
  minute: fc.constantFrom(0, 30),
  weekday: fc.integer({ min: 1, max: 7 }),
  monthDay: fc.constantFrom(1, 15, 29, 31),
  month: fc.integer({ min: 1, max: 12 }),
});

/** What a policy can say of one chain. */
export const arbitrarySettings: fc.Arbitrary<RetentionSettings> = fc.record({
  count: fc.option(fc.nat({ max: 6 }), { nil: null }),
  age: fc.option(arbitraryPeriod, { nil: null, freq: 2 }),
  gfs: fc.option(arbitraryGfs, { nil: null, freq: 2 }),
});

/** Zones without, with one and with an odd change of clocks. */
export const arbitraryTimeZone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
);

/** Any policy as far as retention looks at it; null: none covers the instance. */
export const arbitraryPolicy: fc.Arbitrary<BackupPolicy | null> = fc.option(
  fc
    .record({
      timeZone: arbitraryTimeZone,
      snapshots: arbitrarySettings,
      baseMoves: fc.constantFrom('before-retention' as const, 'after-retention' as const),
      replicas: fc.uniqueArray(
        fc.record({ target: arbitraryTarget, retention: arbitrarySettings }),
        { maxLength: 3, selector: ({ target }) => `${target.region} ${target.keyId ?? ''}` },
      ),
      image: arbitrarySettings,
      level: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
      changedBlockTracking: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
    })
    .map(({ timeZone, snapshots, baseMoves, replicas, image, level, changedBlockTracking }) => {
      const usual = defaultPolicy('noted' as PolicyId, []);
      return {
        ...usual,
        timeZone,
        snapshots: { schedules: [], retention: snapshots, baseMoves, volumeTags: 'leave' },
        replicas: replicas.map((replica) => ({ ...replica, schedules: [] })),
        image: { ...usual.image, level, changedBlockTracking, retention: image },
      };
    }),
  { nil: null, freq: 8 },
);

const arbitraryObsolete: fc.Arbitrary<ObsoleteRule> = fc.oneof(
  fc.constant({ kind: 'never' } as const),
  fc.record({ kind: fc.constant('after' as const), period: arbitraryPeriod }),
);

interface HoldDraft {
  readonly on: number;
  readonly kind: ItemRef['kind'];
  readonly hours: number | null;
}

const arbitraryHolds: fc.Arbitrary<readonly HoldDraft[]> = fc.array(
  fc.record({
    on: fc.nat({ max: 13 }),
    kind: fc.constantFrom('snapshot-set' as const, 'replica' as const, 'restore-point' as const),
    hours: fc.option(fc.integer({ min: -100, max: 100 }), { nil: null }),
  }),
  { maxLength: 3 },
);

/**
 * Everything that retention can meet: any sessions, policies (and their change: the history knows
 * nothing of the policy of then), time zones, holds, open restores, and any time to decide at.
 */
export const arbitraryCircumstances: fc.Arbitrary<RetentionCircumstances> = fc
  .record({
    notes: arbitraryNotes,
    policy: arbitraryPolicy,
    obsolete: arbitraryObsolete,
    pointDependency: fc.constantFrom<PointDependency>('independent', 'needs-parent'),
    asks: fc.constantFrom('session' as const, 'outside' as const),
    hoursLater: fc.oneof(fc.integer({ min: 0, max: 48 }), fc.integer({ min: 0, max: 24 * 400 })),
    holds: arbitraryHolds,
    restored: fc.option(fc.nat({ max: 13 }), { nil: null, freq: 2 }),
  })
  .map(({ notes, policy, obsolete, pointDependency, asks, hoursLater, holds, restored }) => {
    const last = notes.at(-1);
    const now = ((last?.takenAt ?? 0) + hoursLater * hourMs) as TimestampMs;
    const isOwn = asks === 'session' && last?.status === 'running';
    const instance = { ...initialInstance, holds: holds.map((hold, n) => placed(hold, n, now)) };
    const restores =
      restored === null
        ? []
        : [
            {
              sessionId: 'restore' as SessionId,
              source: { kind: 'restore-point', id: noted.session(restored) } as const,
            },
          ];
    return {
      history: instanceHistory(notes.map(sessionOf), instance, restores),
      policy,
      obsolete,
      pointDependency,
      during: isOwn ? noted.session(last.number) : null,
      now,
    };
  });

function placed({ on, kind, hours }: HoldDraft, index: number, now: TimestampMs): PlacedHold {
  const until = (now + (hours ?? 0) * hourMs) as TimestampMs;
  return {
    holdId: `h${index}` as HoldId,
    item: itemOf(kind, on),
    hold: hours === null ? { kind: 'legal-hold', note: forgotten } : { kind: 'lock', until },
    placedAt: now,
  };
}

function itemOf(kind: ItemRef['kind'], number: NotedSession['number']): ItemRef {
  switch (kind) {
    case 'snapshot-set':
      return { kind, id: noted.set(number) };
    case 'replica':
      return { kind, id: noted.replica(number, 'west') };
    case 'restore-point':
      return { kind, id: noted.session(number) };
  }
}
