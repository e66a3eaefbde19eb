import fc from 'fast-check';
import type { CalendarPeriod } from '../domain/calendar/calendar-period.ts';
import type { InstanceId, PolicyId } from '../domain/identifiers.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import { defaultPolicy } from '../domain/policy/default-policy.ts';
import type {
  GfsFlag,
  GfsSettings,
  RetentionSettings,
} from '../domain/retention/retention-settings.ts';
import { placeInWords } from '../domain/policy/cloud-place.ts';
import { arbitraryTarget } from './arbitrary-notes.ts';

export const arbitraryPeriod: fc.Arbitrary<CalendarPeriod> = fc.record({
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
        { maxLength: 3, selector: ({ target }) => `${placeInWords(target)} ${target.keyId ?? ''}` },
      ),
      image: arbitrarySettings,
      level: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
      changedBlockTracking: fc.constantFrom('on' as const, 'on' as const, 'off' as const),
    })
    .map(({ timeZone, snapshots, baseMoves, replicas, image, level, changedBlockTracking }) => {
      const usual = defaultPolicy('noted' as PolicyId, ['noted' as InstanceId]);
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
