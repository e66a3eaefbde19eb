import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { ReplicaProgress } from '../../../src/domain/backup-session/backup-session.ts';
import type { Region, ReplicaSetId } from '../../../src/domain/identifiers.ts';
import type { AccountRole } from '../../../src/domain/policy/account-role.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { placeInWords } from '../../../src/domain/policy/cloud-place.ts';
import { reconciledPlaces } from '../../../src/engine/reconcile/reconciled-places.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

const home = 'home' as Region;
const copyingTo = (...regions: readonly string[]): BackupPolicy => ({
  ...samplePolicy(),
  replicas: regions.map((region) => ({
    target: { region: region as Region, keyId: null, account: null },
    schedules: [],
    retention: { count: 1, age: null, gfs: null },
  })),
});

const placesOf = (...asked: Parameters<typeof reconciledPlaces>): readonly string[] =>
  reconciledPlaces(...asked).map(placeInWords);

describe('the places that are reconciled', () => {
  it('are that of the cloud and those that policies copy to, each once', () => {
    const policies = [copyingTo('west', 'north'), copyingTo('west', 'home'), copyingTo()];
    assert.deepEqual(placesOf(home, { policies, unreadable: [] }, []), [home, 'west', 'north']);
  });

  it('are the accounts that policies copy to, by the role of today', () => {
    const role = (name: string): AccountRole => ({
      roleArn: `arn:aws:iam::222233334444:role/${name}`,
      externalId: null,
    });
    const [entry] = copyingTo('west').replicas;
    assert.ok(entry !== undefined);
    const policy = {
      ...copyingTo(),
      replicas: [entry, { ...entry, target: { ...entry.target, account: role('today') } }],
    };
    const before = {
      replicas: [
        {
          replicaSetId: 'of-then' as ReplicaSetId,
          target: { ...entry.target, account: role('of-then') },
          state: 'completed' as const,
          snapshots: [],
          completedAt: null,
        },
      ],
      removed: { sets: [], replicas: [], points: [] },
      adopted: { sets: [], replicas: [] },
    };

    const places = reconciledPlaces(home, { policies: [policy], unreadable: [] }, [before]);

    assert.deepEqual(places, [
      { region: home, account: null },
      { region: 'west', account: null },
      { region: 'west', account: role('today') },
    ]);
  });

  it('are those too that a policy copied to of which the last version cannot be read', () => {
    const lastKnown = copyingTo('south');
    const { policyId } = lastKnown;
    const error = new SnapledgerError('UNKNOWN_EVENT', 'newer');
    const unreadable = [
      { policyId, lastKnown, error },
      { policyId, lastKnown: null, error },
    ];
    assert.deepEqual(placesOf(home, { policies: [], unreadable }, []), [home, 'south']);
  });

  it('are those too that only replicas of the ledger are in, for as long as they are', () => {
    const replica = (
      id: string,
      region: string,
      state: ReplicaProgress['state'],
    ): ReplicaProgress => ({
      replicaSetId: id as ReplicaSetId,
      target: { region: region as Region, keyId: null, account: null },
      state,
      snapshots: [],
      completedAt: null,
    });
    const copied = {
      replicas: [
        replica('kept', 'west', 'completed'),
        replica('gone', 'north', 'completed'),
        replica('never', 'east', 'failed'),
        replica('torn', 'south', 'torn'),
      ],
      removed: { sets: [], replicas: [], points: [] },
      adopted: { sets: [], replicas: [] },
    };
    const retention = {
      replicas: [],
      removed: { sets: [], replicas: ['gone' as ReplicaSetId], points: [] },
      adopted: { sets: [], replicas: [] },
    };
    const none = { policies: [], unreadable: [] };
    assert.deepEqual(placesOf(home, none, [copied, retention]), [home, 'west', 'south']);
  });
});
