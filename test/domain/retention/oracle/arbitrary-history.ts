import fc from 'fast-check';
import type { CalendarPeriod } from '../../../../src/domain/calendar/calendar-period.ts';
import type { BackupPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type { ObsoleteRule } from '../../../../src/domain/retention/obsolete-rule.ts';
import type { PointDependency } from '../../../../src/domain/retention/retention-plan.ts';
import { arbitraryPeriod, arbitraryPolicy, targets, timeZones } from './arbitrary-policy.ts';

/**
 * A history as short as a counterexample should read. Numbers that choose among what there is
 * (sessions, items) are taken modulo how many there are.
 */
export interface HistoryTale {
  /** Where the first session is in time: shortly before something of the calendar. */
  readonly begins: string;
  readonly sessions: readonly SessionTale[];
  readonly restores: readonly number[];
  readonly holds: readonly HoldTale[];
  readonly expiries: readonly ExpiryTale[];
  readonly merges: readonly MergeTale[];
  readonly policy: BackupPolicy | null;
  readonly obsolete: ObsoleteRule;
  readonly dependency: PointDependency;
  readonly asked: 'from-outside' | 'by-the-last-session';
  readonly now: NowTale;
}

/** A point that needs other ones since it was merged. */
export interface MergeTale {
  readonly point: number;
  /** Points before it. */
  readonly parents: readonly number[];
}

export interface SessionTale {
  /** Since the set before; negative where a clock was set back. */
  readonly afterMinutes: number;
  readonly status: 'running' | 'succeeded' | 'warning' | 'failed' | 'cancelled';
  readonly origin: 'policy' | 'on-demand' | 'manual';
  readonly expiry: OwnExpiryTale;
  readonly set: 'none' | 'requested' | 'abandoned' | 'taken' | 'completed';
  readonly volumes: readonly string[];
  readonly replicas: readonly ReplicaTale[];
  readonly image: 'point' | 'no-point';
  /** Earlier points that the session's read plan compares with. */
  readonly parents: readonly number[];
  readonly expires: readonly number[];
  /** Items of this and of earlier sessions. */
  readonly removes: readonly number[];
  readonly removesInVain: readonly number[];
  /** `lost`: the ledger does not know it, and has adopted what was whole of it, unless it runs or comes last. */
  readonly record: 'kept' | 'lost';
}

export interface ReplicaTale {
  readonly target: number;
  readonly state: 'requested' | 'started' | 'completed' | 'failed' | 'torn';
}

/** Relative to now; at now exactly, it has come. */
export type OwnExpiryTale = 'never' | 'yesterday' | 'now' | 'a-moment-later' | 'tomorrow';

export interface HoldTale {
  readonly item: number;
  readonly hold: 'legal-hold' | OwnExpiryTale;
}

export interface ExpiryTale {
  readonly item: number;
  readonly expiry: OwnExpiryTale;
}

/** Some time after the newest set, or when a period that began with some set is over. */
export type NowTale =
  | { readonly kind: 'after'; readonly minutes: number }
  | {
      readonly kind: 'at-the-end';
      readonly session: number;
      readonly period: CalendarPeriod;
      readonly timeZone: string;
      readonly offsetMs: number;
    };

const hours = 60;
const days = 24 * hours;

const arbitraryGap = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 30 * hours }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 }).map((many) => many * days) },
  { weight: 2, arbitrary: fc.constantFrom(15, 30, hours, 6 * hours, days, 7 * days) },
  { weight: 1, arbitrary: fc.constantFrom(100 * days, 365 * days) },
  { weight: 1, arbitrary: fc.integer({ min: -3 * days, max: 0 }) },
);

const arbitraryOwnExpiry = fc.constantFrom<OwnExpiryTale>(
  'never',
  'yesterday',
  'now',
  'a-moment-later',
  'tomorrow',
);

const choices = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.nat({ max: 40 }), { maxLength });

const seldom = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: choices(maxLength) });

function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const arbitrarySession: fc.Arbitrary<SessionTale> = fc.record({
  afterMinutes: arbitraryGap,
  status: mostly<SessionTale['status']>('succeeded', 'running', 'warning', 'failed', 'cancelled'),
  origin: mostly<SessionTale['origin']>('policy', 'on-demand', 'manual'),
  expiry: arbitraryOwnExpiry,
  set: mostly<SessionTale['set']>('completed', 'none', 'requested', 'abandoned', 'taken'),
  volumes: fc.subarray(['root', 'data', 'logs'], { minLength: 1 }),
  replicas: fc.uniqueArray(
    fc.record({
      target: fc.nat({ max: targets.length - 1 }),
      state: mostly<ReplicaTale['state']>('completed', 'requested', 'started', 'failed', 'torn'),
    }),
    { selector: ({ target }) => target, maxLength: 3 },
  ),
  image: fc.constantFrom('point' as const, 'no-point' as const),
  parents: choices(2),
  expires: seldom(2),
  removes: seldom(2),
  removesInVain: seldom(1),
  record: mostly<SessionTale['record']>('kept', 'lost'),
});

const arbitraryNow: fc.Arbitrary<NowTale> = fc.oneof(
  fc.record({ kind: fc.constant('after' as const), minutes: arbitraryGap }),
  fc.record({
    kind: fc.constant('at-the-end' as const),
    session: fc.nat({ max: 40 }),
    period: arbitraryPeriod,
    timeZone: fc.constantFrom(...timeZones),
    offsetMs: fc.constantFrom(-1, 0, 1),
  }),
);

export const arbitraryTale: fc.Arbitrary<HistoryTale> = fc.record({
  begins: fc.constantFrom(
    '2026-03-28T20:00:00Z',
    '2026-10-24T20:00:00Z',
    '2026-11-01T03:00:00Z',
    '2026-04-04T12:00:00Z',
    '2011-12-28T06:30:00Z',
    '2010-11-06T12:00:00Z',
    '2024-02-28T09:00:00Z',
    '2026-12-30T23:30:00Z',
  ),
  sessions: fc.array(arbitrarySession, { minLength: 1, maxLength: 12 }),
  restores: seldom(2),
  holds: fc.array(
    fc.record({
      item: fc.nat({ max: 40 }),
      hold: fc.oneof(fc.constant('legal-hold' as const), arbitraryOwnExpiry),
    }),
    { maxLength: 3 },
  ),
  expiries: fc.array(fc.record({ item: fc.nat({ max: 40 }), expiry: arbitraryOwnExpiry }), {
    maxLength: 3,
  }),
  merges: fc.array(
    fc.record({
      point: fc.nat({ max: 40 }),
      parents: fc.array(fc.nat({ max: 40 }), { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
  policy: fc.oneof(
    { weight: 7, arbitrary: arbitraryPolicy },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  obsolete: fc.oneof(
    fc.constant({ kind: 'never' as const }),
    fc.record({ kind: fc.constant('after' as const), period: arbitraryPeriod }),
  ),
  dependency: fc.constantFrom('independent' as const, 'needs-parent' as const),
  asked: fc.constantFrom('from-outside' as const, 'by-the-last-session' as const),
  now: arbitraryNow,
});
