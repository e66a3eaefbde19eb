import fc from 'fast-check';
import { type Plan, type Scenario, steadily } from './run-collection-simulation.ts';
import { places, type Sleep } from './turns.ts';

const sleep: fc.Arbitrary<Sleep> = fc.record({
  at: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.constantFrom(...places)),
  ends: fc.integer({ min: 1, max: 5 }),
});

const plans: fc.Arbitrary<Plan> = fc.record({
  work: fc.constantFrom(
    'backup-changed',
    'backup-changed',
    'backup-allocated',
    'collect',
    'collect',
    'fence',
    'remove',
    'remove',
    'repack',
    'repack',
    'damage',
    'repair',
    'rotate',
    'days',
  ),
  instance: fc.constantFrom(0, 0, 1),
  diesAt: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 2 }),
  lastRequest: fc.constantFrom('lost', 'performed'),
  sleeps: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(sleep, { minLength: 1, maxLength: 2 }) },
  ),
  which: fc.constantFrom('any', 'oldest', 'newest'),
});

/**
 * A session sleeps between its plan and its commit, while its parent is removed and a collector
 * comes by: what follows meets a point that shares what is condemned.
 */
const sleepers: fc.Arbitrary<readonly Plan[]> = fc
  .record({
    at: fc.oneof(fc.integer({ min: 8, max: 45 }), fc.constant('manifest' as const)),
    ends: fc.integer({ min: 2, max: 4 }),
    more: fc.constantFrom<Plan['work']>(
      'collect',
      'repack',
      'backup-changed',
      'backup-allocated',
      'remove',
    ),
    tail: fc.array(plans, { minLength: 2, maxLength: 8 }),
  })
  .map(({ at, ends, more, tail }) => [
    { ...steadily, work: 'backup-allocated' },
    { ...steadily, work: 'backup-changed', sleeps: [{ at, ends }] },
    { ...steadily, work: 'remove' },
    { ...steadily, work: 'collect' },
    { ...steadily, work: more },
    { ...steadily, work: 'backup-changed' },
    ...tail,
  ]);

/**
 * Little is needed of what old points have stored, and a repacking sleeps while its points are
 * removed, or while others move, collect and back up; or it is what happens while a backup sleeps.
 */
const movers: fc.Arbitrary<readonly Plan[]> = fc
  .record({
    at: fc.oneof(fc.integer({ min: 4, max: 90 }), fc.constantFrom(...places)),
    ends: fc.integer({ min: 1, max: 4 }),
    sleeper: fc.constantFrom<Plan['work']>('repack', 'repair', 'backup-changed', 'collect'),
    bad: fc.array(fc.constant('damage' as const), { maxLength: 2 }),
    diesAt: fc.option(fc.integer({ min: 1, max: 120 }), { freq: 3 }),
    lastRequest: fc.constantFrom('lost' as const, 'performed' as const),
    more: fc.array(
      fc.constantFrom<Plan['work']>(
        'repack',
        'repair',
        'collect',
        'backup-changed',
        'remove',
        'fence',
      ),
      { minLength: 2, maxLength: 5 },
    ),
    tail: fc.array(plans, { maxLength: 6 }),
  })
  .map(({ at, ends, sleeper, bad, diesAt, lastRequest, more, tail }) => [
    { ...steadily, work: 'backup-allocated' },
    { ...steadily, work: 'backup-changed' },
    { ...steadily, work: 'backup-changed' },
    { ...steadily, work: 'remove' },
    ...bad.map((work) => ({ ...steadily, work })),
    { ...steadily, work: sleeper, sleeps: [{ at, ends }], diesAt, lastRequest },
    ...more.map((work) => ({ ...steadily, work })),
    ...tail,
  ]);

/**
 * A collector sleeps in its survey or before it removes, others come by, and a backup sleeps right
 * before its point while its parent is removed; perhaps nothing was there when the collector began.
 */
const lateCollectors: fc.Arbitrary<readonly Plan[]> = fc
  .record({
    before: fc.array(
      fc.constantFrom<Plan['work']>('backup-allocated', 'backup-changed', 'remove'),
      {
        maxLength: 3,
      },
    ),
    sleep,
    first: fc.constantFrom<Plan['work']>('backup-allocated', 'backup-changed'),
    ends: fc.integer({ min: 1, max: 3 }),
    which: fc.constantFrom<Plan['which']>('any', 'oldest', 'newest'),
    meanwhile: fc.array(fc.constantFrom<Plan['work']>('collect', 'repack', 'fence', 'remove'), {
      minLength: 1,
      maxLength: 3,
    }),
    tail: fc.array(plans, { maxLength: 4 }),
  })
  .map(({ before, sleep: late, first, ends, which, meanwhile, tail }) => [
    ...before.map((work) => ({ ...steadily, work })),
    { ...steadily, work: 'collect', sleeps: [late] },
    { ...steadily, work: first },
    { ...steadily, work: 'backup-changed', sleeps: [{ at: 'manifest', ends }] },
    { ...steadily, work: 'remove', which },
    { ...steadily, work: 'collect' },
    ...meanwhile.map((work) => ({ ...steadily, work })),
    { ...steadily, work: 'collect' },
    ...tail,
  ]);

/** Programs that are at work at once, of kinds that have met something, and any others. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  atOnceMax: fc.integer({ min: 1, max: 5 }),
  pointDays: fc.constantFrom(0, 0, 30),
  plans: fc.oneof(
    { weight: 1, arbitrary: fc.array(plans, { minLength: 6, maxLength: 16 }) },
    { weight: 1, arbitrary: sleepers },
    { weight: 2, arbitrary: movers },
    { weight: 1, arbitrary: lateCollectors },
  ),
});
