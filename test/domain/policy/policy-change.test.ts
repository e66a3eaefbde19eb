import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  initialInstance,
  type InstanceState,
} from '../../../src/domain/instance/instance-state.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import {
  type HeavyLoss,
  heavyLoss,
  type LossQuestion,
} from '../../../src/domain/policy/policy-change.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import type { ItemRef } from '../../../src/domain/retention/retention-plan.ts';
import type { RulesOf } from '../../../src/domain/retention/retention-rule.ts';
import type { NotedSession } from '../../../src/verification/noted-session.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import {
  circumstancesOf,
  daily,
  image,
  keepNewest,
  onDay,
  type PlannedPolicyOptions,
  type Planned,
  plannedPolicy,
  west,
} from '../../support/domain/planned-retention.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const instanceId = sampleIds.instance('web-1');
const east = { region: sampleIds.region('east'), keyId: null, account: null };
const copied = {
  replicas: [
    { target: west, state: 'completed' },
    { target: east, state: 'completed' },
  ],
} as const;
const byHand = { origin: { kind: 'manual', expiresAt: null } } as const;

function times<Item>(count: number, item: Item): readonly Item[] {
  return Array.from({ length: count }, () => item);
}

/** Snapshots only, keeping so many, with these changes. */
function keeping(count: number, options: PlannedPolicyOptions = {}): BackupPolicy {
  return plannedPolicy({ level: 'off', sets: keepNewest(count), ...options });
}

function copying(westCount: number, eastCount: number): BackupPolicy {
  const to = (target: typeof west, count: number): BackupPolicy['replicas'][number] => ({
    target,
    schedules: [],
    retention: keepNewest(count),
  });
  return keeping(9, { replicas: [to(west, westCount), to(east, eastCount)] });
}

interface Change extends Planned {
  readonly before: BackupPolicy | null;
  readonly after: BackupPolicy | null;
  readonly obsoleteAfter?: LossQuestion['after']['obsolete'];
  readonly tells?: LossQuestion['tells'];
}

function lossOf(sessions: readonly Partial<NotedSession>[], change: Change): HeavyLoss | null {
  const { before, after, tells = 'more-than-half', obsoleteAfter, ...planned } = change;
  const { history, pointDependency, now, obsolete } = circumstancesOf(daily(...sessions), planned);
  return heavyLoss({
    ...{ instanceId, history, pointDependency, now, tells },
    before: { policy: before, obsolete },
    after: { policy: after, obsolete: obsoleteAfter ?? obsolete },
  });
}

/** A lock on each of the items, which outlasts every test. */
function locked(...items: readonly ItemRef[]): InstanceState {
  const holds = items.map((item, number) => ({
    holdId: sampleIds.hold(number),
    item,
    hold: { kind: 'lock', until: onDay(90) } as const,
    placedAt: onDay(1),
  }));
  return { ...initialInstance, holds };
}

const set = (number: number): ItemRef => ({ kind: 'snapshot-set', id: noted.set(number) });
const point = (number: number): ItemRef => ({ kind: 'restore-point', id: noted.session(number) });
/** Nine sets, and so many points. */
const keepingPoints = (count: number): BackupPolicy =>
  plannedPolicy({ sets: keepNewest(9), points: keepNewest(count) });

/** What goes, by id, of how many; null: nothing to ask for. */
function goingOf(sessions: readonly Partial<NotedSession>[], change: Change): string | null {
  const loss = lossOf(sessions, change);
  if (loss === null) return null;
  return `${loss.going.map(({ id }) => id).join(' ')} of ${loss.itemsCount}`;
}

describe('a change of policy loses much', () => {
  it('when more than half of a chain goes with the next retention: which, when taken, and of how many', () => {
    const change = { before: keeping(9), after: keeping(1) };
    assert.deepEqual(lossOf(times(4, {}), change), {
      instanceId,
      going: [1, 2, 3, 4].map((day) => ({
        kind: 'snapshot-set',
        id: noted.set(day - 1),
        takenAt: onDay(day),
        fate: 'removed',
      })),
      itemsCount: 4,
    });
  });

  it('when it is the next backup that lets more than half go', () => {
    const sixToThree = { before: keeping(6), after: keeping(3) };
    assert.equal(goingOf(times(6, {}), sixToThree), 's0 s1 s2 s3 of 6');
    const twoToOne = { before: keeping(2), after: keeping(1) };
    assert.equal(goingOf(times(2, {}), twoToOne), 's0 s1 of 2');
    const withBase = {
      before: plannedPolicy({ sets: keepNewest(2) }),
      after: plannedPolicy(),
    };
    assert.equal(goingOf(times(2, image), withBase), 's0 s1 of 4');
  });

  it('not when the next backup makes no point that would push others out', () => {
    const keepingPointsOnly = (count: number, level: 'on' | 'off'): BackupPolicy =>
      plannedPolicy({ sets: keepNewest(9), points: keepNewest(count), level });
    const without = { before: keepingPointsOnly(2, 'off'), after: keepingPointsOnly(1, 'off') };
    assert.equal(goingOf(times(2, image), without), null);
    const withPoint = { before: keepingPointsOnly(2, 'on'), after: keepingPointsOnly(1, 'on') };
    assert.equal(goingOf(times(2, image), withPoint), 'p0 p1 of 4');
  });

  it('not when the half of a chain stays at the end of the next backup', () => {
    assert.equal(goingOf(times(7, {}), { before: keeping(7), after: keeping(6) }), null);
    assert.equal(goingOf(times(6, {}), { before: keeping(6), after: keeping(4) }), null);
    assert.equal(goingOf(times(2, {}), { before: keeping(9), after: keeping(2) }), null);
  });

  it('when the set of the next backup takes the flag from the one that has it', () => {
    const flags = { weekly: null, monthly: null, yearly: null };
    const begins = { hour: 0, minute: 0, weekday: 1, monthDay: 1, month: 1 };
    const gfs = { daily: { kind: 'count', count: 1 }, ...flags, ...begins } as const;
    const change = { before: keeping(9), after: keeping(9, { sets: { ...keepNewest(0), gfs } }) };
    const sessions = [{}, { removedSets: [0] }];
    assert.equal(goingOf(sessions, { ...change, now: onDay(2) }), null);
    assert.equal(goingOf(sessions, { ...change, now: onDay(3) }), 's1 of 1');
  });

  it('not by a first policy, whatever it keeps', () => {
    assert.equal(goingOf([], { before: null, after: keeping(1) }), null);
    assert.equal(goingOf([], { before: null, after: keeping(0), tells: 'any' }), null);
    assert.equal(goingOf(times(3, byHand), { before: null, after: keeping(1) }), null);
    assert.equal(goingOf(times(3, {}), { before: null, after: keeping(7) }), null);
  });

  it('when a policy lets go of what stayed because none covered the instance', () => {
    assert.equal(goingOf(times(3, {}), { before: null, after: keeping(2) }), 's0 s1 of 3');
  });

  it('when none covers the instance any more, and the setting for obsolete items lets it go', () => {
    const change = { before: keeping(9), after: null };
    assert.equal(goingOf(times(3, {}), change), null);
    const oneDay = {
      kind: 'after',
      period: { amount: 1, unit: 'days' },
    } as const;
    assert.equal(goingOf(times(3, {}), { ...change, obsoleteAfter: oneDay }), 's0 s1 of 3');
    assert.equal(goingOf(times(3, {}), { ...change, obsolete: oneDay }), 's0 s1 of 3');
    const twoDays = {
      kind: 'after',
      period: { amount: 2, unit: 'days' },
    } as const;
    assert.equal(goingOf(times(3, {}), { ...change, obsoleteAfter: twoDays }), null);
  });

  it('whatever there is besides: many that stay make up for no other chain', () => {
    const sessions = [...times(2, { ...copied, ...image }), ...times(4, {})];
    const before = copying(9, 9);
    assert.equal(goingOf(sessions, { before, after: copying(1, 9) }), 'r0-west r1-west of 12');
    assert.equal(goingOf(sessions, { before, after: copying(9, 1) }), 'r0-east r1-east of 12');
    const fates = lossOf(sessions, { before, after: copying(9, 1) })?.going.map(({ fate }) => fate);
    assert.deepEqual(fates, ['removed', 'removed']);
    const after = {
      ...before,
      image: { ...before.image, retention: keepNewest(1) },
    };
    assert.equal(goingOf(sessions, { before, after }), null);
    const level = 'on' as const;
    const on = { ...after, image: { ...after.image, level } };
    assert.equal(goingOf(sessions, { before, after: on }), 'p0 p1 of 12');
    const fewer = {
      ...before,
      snapshots: { ...before.snapshots, retention: keepNewest(3) },
    };
    assert.equal(goingOf(sessions, { before, after: fewer }), 's0 s1 s2 s3 of 12');
  });

  it('however many were made by hand, which no rule looks at', () => {
    const sessions = [...times(4, byHand), ...times(4, {})];
    assert.equal(goingOf(sessions, { before: keeping(9), after: keeping(2) }), 's4 s5 s6 of 4');
  });

  it('however many of its restore points have left the chain before', () => {
    const instance = locked(point(0), point(1), point(2), point(3));
    const sessions = [...times(7, image), { ...image, expiredPoints: [0, 1, 2, 3] }];
    const change = { before: keepingPoints(9), after: keepingPoints(2), instance };
    assert.equal(goingOf(sessions, change), 'p4 p5 p6 of 12');
  });

  it('when restore points leave the chain for good, although their data is held', () => {
    const loss = lossOf(times(4, image), {
      ...{ before: keepingPoints(9), after: keepingPoints(1) },
      instance: locked(point(0), point(1)),
    });
    assert.deepEqual(
      loss?.going.map(({ id, fate }) => `${id} ${fate}`),
      ['p0 leaves-chain', 'p1 leaves-chain', 'p2 removed', 'p3 removed'],
    );
  });

  it('but not when its format needs the points for the next one', () => {
    const change = { before: keepingPoints(9), after: keepingPoints(1) };
    const chained = [image, ...[0, 1, 2].map((parent) => ({ ...image, parent }))];
    const goingIn = (pointDependency: LossQuestion['pointDependency']): string | null =>
      goingOf(chained, { ...change, pointDependency });
    assert.equal(goingIn('independent'), 'p0 p1 p2 p3 of 8');
    assert.equal(goingIn('needs-parent'), null);
  });

  it('without those that something else keeps: a hold, or the base of the next backup', () => {
    const change = { before: keeping(9), after: keeping(1) };
    const instance = locked(set(0), set(1));
    assert.equal(goingOf(times(4, {}), { ...change, instance }), null);
    assert.equal(goingOf(times(5, {}), { ...change, instance }), 's2 s3 s4 of 5');
    const before = plannedPolicy({ sets: keepNewest(2) });
    const after = plannedPolicy({ baseMoves: 'after-retention' });
    assert.equal(goingOf(times(2, image), { before, after }), null);
  });

  it('of each region its own, by the setting for obsolete items, too', () => {
    const obsolete = { kind: 'after', period: { amount: 1, unit: 'days' } } as const;
    const sessions = [copied, copied, {}, {}, {}];
    const before = copying(9, 9);
    const unchanged = { before, after: before, obsoleteAfter: obsolete };
    assert.equal(goingOf(sessions, unchanged), null);
    const after = { ...before, replicas: before.replicas.slice(0, 1) };
    assert.equal(goingOf(sessions, { before, after, obsolete }), 'r0-east r1-east of 9');
  });

  it('not by half-made items, which go by any rules', () => {
    const torn = { set: 'torn', status: 'failed' } as const;
    const sessions = [...times(5, torn), ...times(4, {})];
    assert.equal(goingOf(sessions, { before: keeping(9), after: keeping(3) }), null);
    assert.equal(goingOf(sessions, { before: keeping(9), after: keeping(2) }), 's5 s6 s7 of 4');
  });

  it('when the next retention lets go what otherwise the next backup would', () => {
    assert.equal(goingOf([{}], { before: keeping(1), after: keeping(0), tells: 'any' }), 's0 of 1');
    assert.equal(goingOf([{}], { before: keeping(1), after: keeping(0) }), 's0 of 1');
  });

  it('by whatever goes, when nothing is kept', () => {
    const nothing = keeping(0, { changedBlockTracking: 'off', level: 'on' });
    const change = { before: plannedPolicy(), after: nothing } as const;
    const three = { ...change, before: keeping(9), instance: locked(set(1)) };
    assert.equal(goingOf(times(2, {}), three), null);
    assert.equal(goingOf(times(2, {}), { ...three, tells: 'any' }), 's0 of 2');
    assert.equal(goingOf([], { ...change, tells: 'any' }), null);
  });

  it('not when all that goes would go without it', () => {
    const sessions = times(4, {});
    assert.equal(goingOf(sessions, { before: keeping(1), after: keeping(1) }), null);
    assert.equal(goingOf(sessions, { before: keeping(1), after: keeping(2) }), null);
    const same = {
      before: keeping(1),
      after: keeping(2),
      tells: 'any',
    } as const;
    assert.equal(goingOf(sessions, same), null);
    const turning = { before: keeping(1), after: keeping(1) };
    assert.equal(goingOf(times(1, {}), turning), null);
    // What goes in one chain is no reason to ask for what another one loses.
    const copies = times(4, copied);
    const few = { ...copying(9, 9), snapshots: keeping(1).snapshots };
    const fewer = { ...copying(3, 9), snapshots: keeping(1).snapshots };
    assert.equal(goingOf(copies, { before: few, after: fewer }), null);
  });

  it('however small its own part is: what goes without it counts, and is told, too', () => {
    assert.equal(goingOf(times(6, {}), { before: keeping(9), after: keeping(4) }), null);
    assert.equal(
      goingOf(times(6, {}), { before: keeping(4), after: keeping(3) }),
      's0 s1 s2 s3 of 6',
    );
  });

  it('by rules of the embedding program just the same, now or with the next backup', () => {
    const goes = { remove: { kind: 'no-flag' } } as const;
    const stays = { keep: [{ kind: 'no-rule' }] } as const;
    /** Lets all of a chain go while it has so many items. */
    const losingAt = (length: number): RulesOf => {
      return () => [
        (chain) => new Map(chain.map(({ id }) => [id, chain.length === length ? goes : stays])),
      ];
    };
    const { history, now } = circumstancesOf(daily({}, {}));
    const question = { instanceId, history, now, pointDependency: 'independent' } as const;
    const before = { policy: null, obsolete: keepObsolete };
    const after = { policy: keeping(9), obsolete: keepObsolete };
    const asked = { ...question, before, after, tells: 'more-than-half' } as const;
    const goingCount = (rulesOf: RulesOf): number | undefined =>
      heavyLoss({ ...asked, rulesOf })?.going.length;
    assert.equal(heavyLoss(asked), null);
    assert.equal(goingCount(losingAt(2)), 2);
    assert.equal(goingCount(losingAt(3)), 2);
    assert.equal(goingCount(losingAt(4)), undefined);
  });
});
