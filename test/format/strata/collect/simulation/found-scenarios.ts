import { type Plan, type Scenario, steadily } from './run-collection-simulation.ts';
import type { Sleep } from './turns.ts';

/** What has lost data once, or would with a defect that somebody could make: docs/strata.md has the rules. */
export interface FoundScenario {
  readonly what: string;
  readonly scenario: Scenario;
  /** What has to happen in it, or it proves nothing. */
  readonly meets: readonly string[];
}

type Work = Plan['work'];

function one(work: Work, ...sleeps: readonly Sleep[]): Plan {
  return { ...steadily, work, sleeps };
}

function remove(which: Plan['which']): Plan {
  return { ...steadily, work: 'remove', which };
}

function scenario(seed: number, plans: readonly Plan[]): Scenario {
  return { seed, atOnceMax: 1, pointDays: 0, plans };
}

const atManifest = (ends: number): Sleep => ({ at: 'manifest', ends });

export const foundScenarios: readonly FoundScenario[] = [
  {
    what: 'the master key is rotated again before the table of the first rotation is locked',
    scenario: {
      ...scenario(0, [
        one('rotate', { at: 5, ends: 1 }),
        one('rotate'),
        one('backup-changed', { at: 2, ends: 1 }),
        one('backup-changed'),
      ]),
      pointDays: 30,
    },
    meets: ['rotated', 'committed'],
  },
  {
    what: 'a collector has listed the points before there were any, and reads the relocation of one',
    scenario: scenario(1, [
      one('collect', { at: 'list-relocations', ends: 5 }),
      one('backup-allocated'),
      one('backup-changed'),
      remove('oldest'),
      one('repack'),
      one('collect'),
    ]),
    meets: ['repacked', 'removed'],
  },
  {
    what: 'a collector has found a claim void, and deletes when another session has claimed and moved',
    scenario: scenario(2, [
      one('backup-allocated'),
      one('backup-changed'),
      remove('oldest'),
      one('collect'),
      { ...one('repack'), diesAt: 12 },
      one('fence'),
      one('collect', { at: 'delete', ends: 3 }),
      one('collect'),
      one('repack'),
      one('collect'),
    ]),
    meets: ['died', 'repacked', 'discarded'],
  },
  {
    what: 'a collector has surveyed, others have made its number and more, and a backup knows what it removes',
    scenario: scenario(2, [
      one('backup-allocated'),
      one('backup-changed', atManifest(2)),
      remove('any'),
      one('collect'),
      one('collect', { at: 'list-packs', ends: 5 }),
      one('collect'),
      { ...one('backup-allocated'), instance: 1 },
      remove('any'),
      one('collect'),
      one('backup-changed', atManifest(2)),
      remove('any'),
      one('collect'),
    ]),
    meets: ['overtaken', 'condemned', 'committed'],
  },
  {
    what: 'a session stores after the packs were listed and before the keys, and a backup builds on it',
    scenario: scenario(1, [
      one('collect', { at: 'list-keys', ends: 2 }),
      one('backup-allocated'),
      one('backup-changed', atManifest(2)),
      remove('any'),
      one('collect'),
    ]),
    meets: ['committed', 'point removed', 'collected'],
  },
  {
    what: 'a program sleeps at two requests that it makes at once',
    scenario: {
      seed: 2147483626,
      atOnceMax: 5,
      pointDays: 0,
      plans: [
        {
          work: 'backup-changed',
          instance: 0,
          diesAt: 31,
          lastRequest: 'performed',
          sleeps: [],
          which: 'any',
        },
        {
          work: 'collect',
          instance: 0,
          diesAt: null,
          lastRequest: 'lost',
          sleeps: [
            { at: 'claim', ends: 4 },
            { at: 31, ends: 2 },
          ],
          which: 'oldest',
        },
        {
          work: 'remove',
          instance: 0,
          diesAt: 55,
          lastRequest: 'performed',
          sleeps: [
            { at: 'list-keys', ends: 3 },
            { at: 'list-packs', ends: 2 },
          ],
          which: 'newest',
        },
        {
          work: 'fence',
          instance: 0,
          diesAt: 36,
          lastRequest: 'performed',
          sleeps: [
            { at: 'list-points', ends: 1 },
            { at: 21, ends: 1 },
          ],
          which: 'newest',
        },
        {
          work: 'remove',
          instance: 0,
          diesAt: null,
          lastRequest: 'performed',
          sleeps: [
            { at: 34, ends: 1 },
            { at: 'claim', ends: 5 },
          ],
          which: 'any',
        },
        {
          work: 'backup-allocated',
          instance: 1,
          diesAt: null,
          lastRequest: 'performed',
          sleeps: [
            { at: 34, ends: 1 },
            { at: 'delete', ends: 3 },
          ],
          which: 'any',
        },
        {
          work: 'damage',
          instance: 1,
          diesAt: 59,
          lastRequest: 'lost',
          sleeps: [{ at: 21, ends: 4 }],
          which: 'any',
        },
        {
          work: 'repair',
          instance: 1,
          diesAt: 39,
          lastRequest: 'lost',
          sleeps: [{ at: 'manifest', ends: 4 }],
          which: 'newest',
        },
        {
          work: 'fence',
          instance: 1,
          diesAt: null,
          lastRequest: 'lost',
          sleeps: [],
          which: 'oldest',
        },
      ],
    },
    meets: ['committed'],
  },
];
