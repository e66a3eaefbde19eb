import fc from 'fast-check';
import type { HoldId, SessionId, TimestampMs } from '../domain/identifiers.ts';
import type { PlacedHold } from '../domain/instance/hold.ts';
import { initialInstance } from '../domain/instance/instance-state.ts';
import { instanceHistory } from '../domain/retention/instance-history.ts';
import type { ObsoleteRule } from '../domain/retention/obsolete-rule.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { ItemRef, PointDependency } from '../domain/retention/retention-plan.ts';
import { arbitraryNotes } from './arbitrary-notes.ts';
import { arbitraryPeriod, arbitraryPolicy } from './arbitrary-policy.ts';
import { limitsOf } from './limits-of.ts';
import { noted, type NotedSession, sessionOf } from './noted-session.ts';
import { forgotten } from '../domain/sensitive/sensitive.ts';

const hourMs = 3_600_000;

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
    // Until now exactly, among others: that is over.
    hours: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: -100, max: 100 })), { nil: null }),
  }),
  { maxLength: 3 },
);

type NowDraft =
  | { readonly kind: 'later'; readonly hours: number }
  /** At one of the moments at which something is over, or a moment before or after. */
  | { readonly kind: 'at-a-limit'; readonly choice: number; readonly offsetMs: number };

const arbitraryNow: fc.Arbitrary<NowDraft> = fc.oneof(
  fc.record({
    kind: fc.constant('later' as const),
    hours: fc.oneof(fc.integer({ min: 0, max: 48 }), fc.integer({ min: 0, max: 24 * 400 })),
  }),
  fc.record({
    kind: fc.constant('at-a-limit' as const),
    choice: fc.nat(),
    offsetMs: fc.constantFrom(0, 0, -1, 1),
  }),
);

/**
 * Everything that retention can meet: any sessions, policies (and their change: the history knows
 * nothing of the policy of then), time zones, holds, open restores, and any time to decide at, as often
 * as not one at which something is just over.
 */
export const arbitraryCircumstances: fc.Arbitrary<RetentionCircumstances> = fc
  .record({
    notes: arbitraryNotes,
    policy: arbitraryPolicy,
    obsolete: arbitraryObsolete,
    pointDependency: fc.constantFrom<PointDependency>('independent', 'needs-parent'),
    asks: fc.constantFrom('session' as const, 'outside' as const),
    at: arbitraryNow,
    holds: arbitraryHolds,
    restored: fc.option(fc.nat({ max: 13 }), { nil: null, freq: 2 }),
  })
  .map(({ notes, policy, obsolete, pointDependency, asks, at, holds, restored }) => {
    const last = notes.at(-1);
    const now = nowOf(at, (last?.takenAt ?? 0) as TimestampMs, limitsOf(notes, policy, obsolete));
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

function nowOf(
  at: NowDraft,
  lastTakenAt: TimestampMs,
  limits: readonly TimestampMs[],
): TimestampMs {
  const limit = at.kind === 'later' ? undefined : limits[at.choice % Math.max(1, limits.length)];
  if (at.kind === 'later') return (lastTakenAt + at.hours * hourMs) as TimestampMs;
  return ((limit ?? lastTakenAt) + at.offsetMs) as TimestampMs;
}

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
