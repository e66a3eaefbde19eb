import fc from 'fast-check';

/** What both worlds have: a backup that nothing happens to. */
export interface GoesWell {
  readonly kind: 'well';
}

/** What the simulation can do to a backup, between any two calls of a port. */
export type SimulatedFate =
  | GoesWell
  | { readonly kind: 'snapshots-fail' | 'workers-die' }
  | { readonly kind: 'cancelled' | 'killed'; readonly afterMs: number };

/** On the local cloud a session takes no time of its clock: its moments are told by what it has recorded. */
export type LocalFate =
  GoesWell | { readonly kind: 'cancelled-at-append'; readonly appends: number };

export type BackupFate = SimulatedFate | LocalFate;

export function describeFate(fate: BackupFate): string {
  switch (fate.kind) {
    case 'cancelled':
    case 'killed':
      return `${fate.kind} after ${fate.afterMs} ms`;
    case 'cancelled-at-append':
      return `cancelled after ${fate.appends} appends`;
    case 'well':
    case 'snapshots-fail':
    case 'workers-die':
      return fate.kind;
  }
}

const well = fc.constant<GoesWell>({ kind: 'well' });

export const arbitrarySimulatedFate: fc.Arbitrary<SimulatedFate> = fc.oneof(
  { weight: 5, arbitrary: well },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { kind: 'snapshots-fail' } as const,
      { kind: 'workers-die' } as const,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancelled' as const, 'killed' as const),
      // A session takes about a minute; most of its steps come early.
      afterMs: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 100_000 })),
    }),
  },
);

export const arbitraryLocalFate: fc.Arbitrary<LocalFate> = fc.oneof(
  { weight: 5, arbitrary: well },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cancelled-at-append' as const),
      appends: fc.integer({ min: 1, max: 30 }),
    }),
  },
);
