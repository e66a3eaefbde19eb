import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemsToAdopt } from '../../../src/domain/adoption/items-to-adopt.ts';
import type {
  AdoptedItems,
  AdoptedReplica,
  AdoptedSet,
} from '../../../src/domain/backup-session/adoption-events.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import { cbtBase } from '../../../src/domain/retention/cbt-base.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { initialInstance } from '../../../src/domain/instance/instance-state.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { toldSession } from '../../support/domain/told-sessions.ts';

const target = { region: sampleIds.region('west'), keyId: null, account: null };
const snapshot = {
  volumeId: sampleIds.volume('root'),
  device: sampleIds.device('xvda'),
  sizeBytes: 524_288,
};

function common(name: string, hour: number): Omit<AdoptedSet, 'setId' | 'snapshots'> {
  return {
    madeBy: sampleIds.session(name),
    policyId: sampleIds.policy('nightly'),
    region: sampleIds.region('home'),
    takenAt: atHour(hour),
    configuration: known({ instanceType: 't3.small' }),
    reason: 'unknown-session',
  };
}

function setOf(name: string, hour: number): AdoptedSet {
  return {
    ...common(name, hour),
    setId: sampleIds.set(name),
    snapshots: [{ ...snapshot, snapshotId: sampleIds.snapshot(name) }],
  };
}

function replicaOf(name: string, hour: number): AdoptedReplica {
  const copied = {
    snapshotId: sampleIds.snapshot(`copy-${name}`),
    sourceSnapshotId: sampleIds.snapshot(name),
  };
  return {
    ...common(name, hour),
    replicaSetId: sampleIds.replica(name),
    target,
    setId: sampleIds.set(name),
    snapshots: [{ ...snapshot, ...copied }],
  };
}

function adoptedBy(name: string, items: AdoptedItems): StartedBackup {
  const session = toldSession({ name, takenAtHour: 99, set: 'none' });
  return { ...session, kind: 'maintenance', scope: 'adoption', adopted: items };
}

const records = (
  ...sessions: readonly StartedBackup[]
): { readonly instance: typeof initialInstance; readonly sessions: readonly StartedBackup[] } => ({
  instance: initialInstance,
  sessions,
});
const setIds = ({ sets }: AdoptedItems): readonly string[] => sets.map(({ setId }) => setId);

describe('what is adopted of that which was found whole', () => {
  it('is all that no session has recorded', () => {
    const found = { sets: [setOf('lost', 9)], replicas: [replicaOf('lost', 8)] };

    const items = itemsToAdopt(found, records(toldSession({ name: 'kept', takenAtHour: 7 })));

    assert.deepEqual(setIds(items), [sampleIds.set('lost')]);
    assert.equal(items.replicas[0]?.takenAt, atHour(9), 'a replica has the time of its set');
  });

  it('is nothing that was adopted, recorded or removed meanwhile', () => {
    const sets = [setOf('adopted', 9), setOf('recorded', 9), setOf('removed', 9)];
    const sessions = [
      adoptedBy('adoption', { sets: [setOf('adopted', 9)], replicas: [] }),
      toldSession({ name: 'recorded', takenAtHour: 9 }),
      toldSession({ name: 'later', takenAtHour: 11, removed: ['removed'] }),
    ];

    assert.deepEqual(itemsToAdopt({ sets, replicas: [] }, records(...sessions)), {
      sets: [],
      replicas: [],
    });
  });

  it('is what a failed session gave up, and not what a cancelled one did', () => {
    const sets = [setOf('failed', 9), setOf('cancelled', 10)];
    const sessions = (['failed', 'cancelled'] as const).map((status) =>
      toldSession({ name: status, takenAtHour: 9, status, set: 'abandoned' }),
    );

    const items = itemsToAdopt({ sets, replicas: [] }, records(...sessions));

    assert.deepEqual(
      items.sets.map(({ setId, reason }) => [setId, reason]),
      [[sampleIds.set('failed'), 'given-up']],
    );
  });

  it('has nothing sensitive of an instance that was forgotten', () => {
    const instance = { ...initialInstance, forgottenAt: atHour(8) };
    const found = { sets: [setOf('lost', 9)], replicas: [] };

    const { sets } = itemsToAdopt(found, { instance, sessions: [] });

    assert.deepEqual(sets[0]?.configuration, known({}));
  });
});

describe('the history of an instance that adopted', () => {
  const at = (name: string, takenAtHour: number): StartedBackup =>
    toldSession({ name, takenAtHour, image: 'point' });
  const idsOf = (...sessions: readonly StartedBackup[]): readonly string[] =>
    instanceHistory(sessions).sets.map(({ id }) => id);

  it('has the item at its time, and not at that of its adoption', () => {
    const adoption = adoptedBy('adoption', { sets: [setOf('lost', 9)], replicas: [] });

    assert.deepEqual(
      idsOf(at('a', 7), at('b', 11), adoption),
      ['a', 'lost', 'b'].map(sampleIds.set),
    );
  });

  it('has it at the place of its session, where the ledger knows that', () => {
    const failed = toldSession({
      name: 'failed',
      takenAtHour: 9,
      status: 'failed',
      set: 'abandoned',
    });
    // The clock was ahead.
    const adoption = adoptedBy('adoption', { sets: [setOf('failed', 20)], replicas: [] });

    assert.deepEqual(
      idsOf(at('a', 7), failed, at('b', 11), adoption),
      ['a', 'failed', 'b'].map(sampleIds.set),
    );
  });

  it('takes it for newer and never for older where a clock was set back', () => {
    const adoption = adoptedBy('adoption', { sets: [setOf('lost', 8)], replicas: [] });

    assert.deepEqual(
      idsOf(at('a', 7), at('b', 11), at('c', 6), at('d', 12), adoption),
      ['a', 'b', 'c', 'lost', 'd'].map(sampleIds.set),
    );
  });

  it('never has it as the CBT base', () => {
    const adoption = adoptedBy('adoption', { sets: [setOf('lost', 20)], replicas: [] });

    const base = cbtBase(instanceHistory([at('a', 7), adoption]));

    assert.equal(base?.setId, sampleIds.set('a'));
  });

  it('never lets it go where no policy had a part in it', () => {
    const made = { ...setOf('lost', 9), policyId: null };
    const [item] = instanceHistory([adoptedBy('adoption', { sets: [made], replicas: [] })]).sets;

    assert.deepEqual([item?.origin, item?.expiresAt], ['manual', null]);
  });

  it('has a replica once that its own session had given up', () => {
    const given = toldSession({ name: 'given', takenAtHour: 9, status: 'failed' });
    const torn = {
      replicaSetId: sampleIds.replica('given'),
      target,
      state: 'torn',
      snapshots: [],
      completedAt: null,
    } as const;
    const adoption = adoptedBy('adoption', { sets: [], replicas: [replicaOf('given', 9)] });

    const { replicas } = instanceHistory([{ ...given, replicas: [torn] }, adoption]);

    assert.deepEqual(
      replicas.map(({ id, condition, order }) => [id, condition, order]),
      [[sampleIds.replica('given'), 'complete', 0]],
    );
  });
});
