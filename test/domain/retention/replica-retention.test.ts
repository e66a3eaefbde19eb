import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplicaTarget } from '../../../src/domain/policy/replica-target.ts';
import type { NotedReplica } from '../../../src/verification/noted-session.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import {
  daily,
  inWords,
  keepNewest,
  planOfSessions,
  plannedPolicy,
  west,
} from '../../support/domain/planned-retention.ts';

const east = (keyId: string | null): ReplicaTarget => ({
  region: noted.region('east'),
  keyId,
  account: null,
});
const copied = (
  target: ReplicaTarget = west,
  state: NotedReplica['state'] = 'completed',
): { readonly replicas: readonly NotedReplica[] } => ({ replicas: [{ target, state }] });

const to = (target: ReplicaTarget, count: number) =>
  ({ target, schedules: [], retention: keepNewest(count) }) as const;
const policy = plannedPolicy({ replicas: [to(west, 1)] });

describe('replicas', () => {
  it('stay by the rules of their own target', () => {
    const both = { replicas: [...copied().replicas, ...copied(east(null)).replicas] };
    const plan = planOfSessions(daily(both, both, both), {
      policy: plannedPolicy({ replicas: [to(west, 1), to(east(null), 2)] }),
    });
    assert.deepEqual(inWords(plan.replicas.remove), [
      'r0-east beyond-count',
      'r0-west beyond-count',
      'r1-west beyond-count',
    ]);
  });

  it('are not touched by what becomes of their source', () => {
    const plan = planOfSessions(daily(copied(), {}, { removedSets: [0] }), { policy });
    assert.deepEqual(inWords(plan.replicas.keep), ['r0-west within-count replica-base']);
  });

  it('are pinned, the newest complete one, although the rules let it go', () => {
    const keepsNone = plannedPolicy({ replicas: [to(west, 0)] });
    const plan = planOfSessions(daily(copied(), copied(), copied(west, 'torn')), {
      policy: keepsNone,
    });
    assert.deepEqual(inWords(plan.replicas.keep), ['r1-west replica-base']);
    assert.deepEqual(inWords(plan.replicas.remove), ['r0-west beyond-count', 'r2-west incomplete']);
  });

  it('are pinned for each volume, and for none that is snapshotted no more', () => {
    const keepsNone = plannedPolicy({ replicas: [to(west, 0)] });
    const two = { ...copied(), volumes: ['root', 'data'] };
    const one = { ...copied(), volumes: ['root'] };
    const still = planOfSessions(daily(two, one, { volumes: ['root', 'data'] }), {
      policy: keepsNone,
    });
    assert.deepEqual(still.replicas.keep, [
      {
        id: 'r0-west',
        takenAt: still.replicas.keep[0]?.takenAt,
        reasons: [{ kind: 'replica-base', volumeIds: ['data'] }],
      },
      {
        id: 'r1-west',
        takenAt: still.replicas.keep[1]?.takenAt,
        reasons: [{ kind: 'replica-base', volumeIds: ['root'] }],
      },
    ]);
    const detached = planOfSessions(daily(two, one), { policy: keepsNone });
    assert.deepEqual(inWords(detached.replicas.remove), ['r0-west beyond-count']);
  });

  it('are pinned for the key that the policy names, not for one that was replaced', () => {
    const plan = planOfSessions(daily(copied(east('old')), copied(east('new'))), {
      policy: plannedPolicy({ replicas: [to(east('new'), 0)] }),
    });
    assert.deepEqual(inWords(plan.replicas.keep), ['r1-east replica-base']);
    assert.deepEqual(inWords(plan.replicas.remove), ['r0-east beyond-count']);
  });

  it('under a replaced key are pushed out by those under the new one', () => {
    const sessions = daily(copied(east('old')), copied(east('new')), copied(east('new')));
    const plan = planOfSessions(sessions, {
      policy: plannedPolicy({ replicas: [to(east('new'), 2)] }),
    });
    assert.deepEqual(inWords(plan.replicas.remove), ['r0-east beyond-count']);
  });

  it('in a region that the policy does not copy to any more are obsolete', () => {
    const sessions = daily(copied(east(null)), copied());
    const kept = planOfSessions(sessions, { policy });
    assert.equal(inWords(kept.replicas.keep)[0], 'r0-east no-policy');
    const after = { kind: 'after', period: { amount: 1, unit: 'days' } } as const;
    const gone = planOfSessions(sessions, { policy, obsolete: after });
    assert.deepEqual(inWords(gone.replicas.remove), ['r0-east obsolete']);
  });

  it('that are pending stay with their source, whoever asks, and push none out', () => {
    const sessions = daily(copied(), { ...copied(west, 'started'), status: 'running' }, {});
    const [first, second] = sessions;
    assert.ok(first !== undefined && second !== undefined);
    for (const during of [null, noted.session(1)]) {
      const plan = planOfSessions([first, second], { policy, during });
      assert.deepEqual(inWords(plan.replicas.keep), [
        'r0-west within-count replica-base',
        'r1-west in-use',
      ]);
      const source = plan.snapshots.keep.find(({ id }) => id === 's1');
      assert.ok(source?.reasons.some(({ kind }) => kind === 'copy-source'));
    }
  });

  it('that failed without a trace are no items', () => {
    const plan = planOfSessions(daily(copied(west, 'failed')), { policy });
    assert.deepEqual(plan.replicas, { keep: [], remove: [] });
  });
});
