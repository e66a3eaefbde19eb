import fc from 'fast-check';
import type { BackupPolicy } from '../../../../src/domain/policy/backup-policy.ts';
import { arbitraryTarget } from '../../../../src/verification/arbitrary-notes.ts';
import { arbitraryPolicy } from '../../../../src/verification/arbitrary-policy.ts';
import type { NotedSession } from '../../../../src/verification/noted-session.ts';

export interface SessionStep {
  readonly kind: 'session';
  readonly engine: 0 | 1;
  readonly hoursLater: number;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly image: boolean;
  readonly replicas: NotedSession['replicas'];
  readonly manualHours: number | null;
  /** The engine dies before retention, and the other one takes the session over. */
  readonly takenOver: boolean;
}

export type Step =
  | SessionStep
  | { readonly kind: 'policy'; readonly policy: BackupPolicy | null }
  | { readonly kind: 'hold' | 'expiry'; readonly on: number; readonly hours: number | null };

const hours = fc.option(fc.integer({ min: 1, max: 400 }), { nil: null });

const arbitrarySession: fc.Arbitrary<SessionStep> = fc.record({
  kind: fc.constant('session' as const),
  engine: fc.constantFrom(0, 1),
  hoursLater: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 41, max: 900 }) },
    { weight: 1, arbitrary: fc.integer({ min: -30, max: 0 }) },
  ),
  status: fc.constantFrom('succeeded', 'succeeded', 'succeeded', 'failed', 'cancelled'),
  image: fc.boolean(),
  replicas: fc.uniqueArray(
    fc.record({
      target: arbitraryTarget,
      state: fc.constantFrom('completed', 'completed', 'torn'),
    }),
    { maxLength: 2, selector: ({ target }) => target.region },
  ),
  manualHours: fc
    .option(fc.integer({ min: 1, max: 400 }), { nil: null, freq: 6 })
    .map((many) => many),
  takenOver: fc.constantFrom(false, false, false, true),
});

export const arbitrarySteps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: arbitrarySession },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('policy' as const), policy: arbitraryPolicy }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('hold' as const, 'expiry' as const),
          on: fc.nat({ max: 20 }),
          hours,
        }),
      },
    ),
    { maxLength: 25, size: 'max' },
  )
  // Ordinary objects, which is what is read back from a ledger.
  .map((steps) => structuredClone(steps));
