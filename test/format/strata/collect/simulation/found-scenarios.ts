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
  return { seed, atOnceMax: 1, plans };
}

const atManifest = (ends: number): Sleep => ({ at: 'manifest', ends });

export const foundScenarios: readonly FoundScenario[] = [
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
];
