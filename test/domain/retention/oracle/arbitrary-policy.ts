import fc from 'fast-check';
import type { CalendarPeriod } from '../../../../src/domain/calendar/calendar-period.ts';
import type { BackupPolicy, ReplicaPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type { ReplicaTarget } from '../../../../src/domain/policy/replica-target.ts';
import type {
  GfsFlag,
  GfsSettings,
  RetentionSettings,
} from '../../../../src/domain/retention/retention-settings.ts';
import { sampleIds } from '../../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../../support/domain/sample-policy.ts';

const inAccount = (role: string): ReplicaTarget => ({
  region: sampleIds.region('east'),
  keyId: null,
  account: { roleArn: `arn:aws:iam::222233334444:role/${role}`, externalId: null },
});

/**
 * Few, so that they meet: two regions, one of them with two keys besides its own, and another account whose
 * role was replaced.
 */
export const targets: readonly ReplicaTarget[] = [
  { region: sampleIds.region('west'), keyId: null, account: null },
  { region: sampleIds.region('west'), keyId: 'key-1', account: null },
  { region: sampleIds.region('west'), keyId: 'key-2', account: null },
  { region: sampleIds.region('east'), keyId: null, account: null },
  inAccount('copies'),
  inAccount('copies-2'),
];

/** Zones whose clocks change by an hour, by half an hour, at midnight, by a whole day, never. */
export const timeZones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'America/St_Johns',
  'Pacific/Apia',
  'Asia/Kathmandu',
] as const;

export const arbitraryPeriod: fc.Arbitrary<CalendarPeriod> = fc.oneof(
  fc.record({ amount: fc.integer({ min: 1, max: 10 }), unit: fc.constant('days' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 4 }), unit: fc.constant('weeks' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 13 }), unit: fc.constant('months' as const) }),
  fc.record({ amount: fc.integer({ min: 1, max: 2 }), unit: fc.constant('years' as const) }),
);

/** As often as not: with most rules set, nearly everything stays. */
const halfOfThem = { freq: 2 };

const arbitraryFlag: fc.Arbitrary<GfsFlag | null> = fc.option(
  fc.oneof(
    fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('period' as const), period: arbitraryPeriod }),
  ),
  halfOfThem,
);

const arbitraryGfs: fc.Arbitrary<GfsSettings> = fc.record({
  daily: arbitraryFlag,
  weekly: arbitraryFlag,
  monthly: arbitraryFlag,
  yearly: arbitraryFlag,
  hour: fc.oneof(fc.constantFrom(0, 2, 3), fc.integer({ min: 0, max: 23 })),
  minute: fc.constantFrom(0, 15, 30, 59),
  weekday: fc.integer({ min: 1, max: 7 }),
  monthDay: fc.oneof(fc.constantFrom(1, 28, 29, 30, 31), fc.integer({ min: 1, max: 31 })),
  month: fc.integer({ min: 1, max: 12 }),
});

/** Every mix of rules, none at all among them. */
export const arbitrarySettings: fc.Arbitrary<RetentionSettings> = fc.record({
  count: fc.option(fc.integer({ min: 0, max: 4 }), halfOfThem),
  age: fc.option(arbitraryPeriod, halfOfThem),
  gfs: fc.option(arbitraryGfs, halfOfThem),
});

const arbitraryReplicas: fc.Arbitrary<readonly ReplicaPolicy[]> = fc
  // One account is one target, whichever its role.
  .uniqueArray(fc.nat({ max: targets.length - 1 }), {
    maxLength: 3,
    selector: (index) => Math.min(index, targets.length - 2),
  })
  .chain((indexes) =>
    fc.tuple(
      ...indexes.map((index) =>
        arbitrarySettings.map((retention) => ({
          target: targetAt(index),
          schedules: [],
          retention,
        })),
      ),
    ),
  );

/** What retention looks at in a policy; all else is as in the sample. */
export const arbitraryPolicy: fc.Arbitrary<BackupPolicy> = fc
  .record({
    timeZone: fc.constantFrom(...timeZones),
    sets: arbitrarySettings,
    points: arbitrarySettings,
    replicas: arbitraryReplicas,
    baseMoves: fc.constantFrom('before-retention' as const, 'after-retention' as const),
    image: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
    changedBlockTracking: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
  })
  .map(({ timeZone, sets, points, replicas, baseMoves, image, changedBlockTracking }) => {
    const sample = samplePolicy({ image, changedBlockTracking });
    return {
      ...sample,
      timeZone,
      snapshots: { schedules: [], retention: sets, baseMoves, volumeTags: 'leave' as const },
      replicas,
      image: { ...sample.image, retention: points },
    };
  });

export function targetAt(index: number): ReplicaTarget {
  const target = targets[index % targets.length];
  if (target === undefined) throw new Error(`No target ${index}`);
  return target;
}
