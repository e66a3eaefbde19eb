import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import type { SessionId } from '../../../src/domain/identifiers.ts';
import {
  type PlannedItem,
  planReconciliation,
  type ReconciledRestore,
} from '../../../src/engine/reconcile/plan-reconciliation.ts';
import type { InventoryItem, KeptSet } from '../../../src/ports/cloud/inventory.ts';
import {
  eventsOf,
  journeyCommands,
  journeyIds,
  journeyTarget,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const owner = { sessionId: journeyIds.session, instanceId: journeyIds.instance };
const set: KeptSet = {
  setId: journeyIds.set,
  owner,
  region: sampleIds.region('east'),
  policyId: null,
  requestedAt: atHour(17),
  volumes: [],
  configuration: {},
};
const common = {
  volumeId: journeyIds.root,
  device: sampleIds.device('xvda'),
  sizeBytes: 1,
  startedAt: atHour(17),
  state: 'completed',
  stateMessage: '',
} as const;

const snapshot = (name: string, setId = journeyIds.set, of = owner): InventoryItem => ({
  kind: 'snapshot',
  snapshot: {
    ...common,
    snapshotId: sampleIds.snapshot(name),
    setId,
    requestId: 'request-1',
    owner: of,
  },
  set,
});
const copy = (name: string, replicaSetId = journeyIds.replica): InventoryItem => ({
  kind: 'replica',
  replica: {
    ...common,
    snapshotId: sampleIds.snapshot(name),
    replicaSetId,
    owner,
    target: journeyTarget,
    sourceSnapshotId: sampleIds.snapshot('now-root'),
  },
  source: set,
});
const worker: InventoryItem = {
  kind: 'worker',
  worker: { workerId: journeyIds.worker, owner, state: 'running', stateMessage: '' },
};
const volume: InventoryItem = {
  kind: 'volume',
  volume: {
    volumeId: sampleIds.volume('temporary'),
    snapshotId: sampleIds.snapshot('now-root'),
    owner,
    attachedTo: null,
  },
};

const { start, inspected, requested, taken, completed } = journeyCommands;
const { replicaRequested, replicaStarted, replicated, replicaFailed, cancel } = journeyCommands;
const begun = [start('snapshot-only'), inspected, requested, taken, completed];

const sessionAfter = (...commands: readonly BackupCommand[]): StartedBackup =>
  stateAfter(eventsOf(...commands));
/** The state, as it would be if the session had ended so: only that it has ended matters here. */
const ended = (session: StartedBackup): StartedBackup => ({ ...session, status: 'failed' });

const planOf = (
  items: readonly InventoryItem[],
  backups: readonly StartedBackup[],
  restores: readonly ReconciledRestore[] = [],
): readonly PlannedItem[] => planReconciliation(items, { backups, restores, unreadable: [] }).items;

const decisionOf = (item: InventoryItem, ...sessions: readonly StartedBackup[]): string => {
  const [planned] = planOf([item], sessions);
  assert.ok(planned !== undefined);
  return `${planned.decision.action}: ${planned.decision.reason}`;
};

describe('reconciling a region with the ledger', () => {
  it('leaves everything of a session that runs, or that the ledger does not know', () => {
    const running = sessionAfter(...begun, replicaRequested);

    for (const item of [snapshot('now-root'), snapshot('twice'), copy('copy'), worker, volume]) {
      assert.equal(decisionOf(item, running), 'keep: session-open');
      assert.equal(decisionOf(item), 'keep: unknown-session');
    }
  });

  it('removes workers and volumes of a session that has ended', () => {
    const session = ended(sessionAfter(...begun, cancel));

    assert.equal(decisionOf(worker, session), 'remove: session-ended');
    assert.equal(decisionOf(volume, session), 'remove: session-ended');
  });

  it('leaves the snapshots that are recorded to retention, and removes all others', () => {
    const session = ended(sessionAfter(...begun));

    assert.equal(decisionOf(snapshot('now-root'), session), 'keep: recorded');
    assert.equal(decisionOf(snapshot('now-data'), session), 'keep: recorded');
    assert.equal(decisionOf(snapshot('twice'), session), 'remove: not-recorded');
    assert.equal(
      decisionOf(snapshot('now-root', sampleIds.set('other')), session),
      'remove: not-recorded',
    );
  });

  it('removes what a session abandoned and the cloud made all the same', () => {
    const session = ended(sessionAfter(start('snapshot-only'), inspected, requested));

    assert.equal(decisionOf(snapshot('late'), session), 'remove: not-recorded');
  });

  it('removes what another session has removed by the record', () => {
    const session = ended(sessionAfter(...begun));
    const later: StartedBackup = {
      ...session,
      sessionId: 'session-later' as SessionId,
      removed: { sets: [journeyIds.set], replicas: [], points: [] },
    };

    assert.equal(decisionOf(snapshot('now-root'), session, later), 'remove: removed-before');
  });

  it('leaves the copies that are recorded to retention, and removes all others', () => {
    const session = ended(sessionAfter(...begun, replicaRequested, replicaStarted, replicated));

    assert.equal(decisionOf(copy('copy-root'), session), 'keep: recorded');
    assert.equal(decisionOf(copy('twice'), session), 'remove: not-recorded');
    assert.equal(
      decisionOf(copy('copy-root', sampleIds.replica('other')), session),
      'remove: not-recorded',
    );
    const removed = { sets: [], replicas: [journeyIds.replica], points: [] };
    assert.equal(decisionOf(copy('copy-root'), { ...session, removed }), 'remove: removed-before');
  });

  it('removes copies of a replica that failed, unless retention has to look for them', () => {
    const failed = ended(sessionAfter(...begun, replicaRequested, replicaFailed));
    const torn = ended(
      sessionAfter(...begun, replicaRequested, { ...replicaFailed, copies: 'perhaps-left' }),
    );

    assert.equal(decisionOf(copy('copy-root'), failed), 'remove: not-recorded');
    assert.equal(decisionOf(copy('copy-root'), torn), 'keep: recorded');
  });
});

describe('what restores have made', () => {
  const restored = (sessionId: SessionId): ReconciledRestore => ({
    sessionId,
    status: 'succeeded',
    launched: 'i-1',
    restored: [
      {
        volumeId: journeyIds.root,
        device: common.device,
        sizeBytes: 1,
        location: null,
        resourceId: 'vol-1',
        bytesWritten: 0,
        bytesDamaged: 0,
      },
    ],
  });
  const remnants = (
    [
      ['instance', 'i-1'],
      ['instance', 'i-2'],
      ['image', 'ami-1'],
      ['snapshot', 'snap-1'],
      ['volume', 'vol-1'],
      ['volume', 'vol-2'],
    ] as const
  ).map(([type, resourceId]): InventoryItem => ({
    kind: 'restore',
    remnant: { type, resourceId, owner },
  }));
  const decided = (restores: readonly ReconciledRestore[]): readonly string[] =>
    planOf(remnants, [], restores).map(({ decision: { action, reason } }) => `${action} ${reason}`);

  it('stays when a restore that succeeded has recorded it; what it needed on its way goes', () => {
    assert.deepEqual(decided([restored(owner.sessionId)]), [
      'keep recorded',
      'remove not-recorded',
      'remove session-ended',
      'remove session-ended',
      'keep recorded',
      'remove not-recorded',
    ]);
  });

  it('goes with a restore that did not succeed, recorded or not', () => {
    const failed = { ...restored(owner.sessionId), status: 'failed' } as const;
    assert.deepEqual(new Set(decided([failed])), new Set(['remove session-ended']));
  });

  it('stays while its restore runs, and when nobody knows that', () => {
    const running = { ...restored(owner.sessionId), status: 'running' } as const;
    assert.deepEqual(new Set(decided([running])), new Set(['keep session-open']));
    assert.deepEqual(new Set(decided([])), new Set(['keep unknown-session']));
  });

  it('never goes when it is what a restore has kept of others', () => {
    const volumeId = journeyIds.root;
    const kept: InventoryItem = { kind: 'kept', kept: { volumeId, owner } };
    const decisions = (['succeeded', 'failed', 'cancelled', 'running'] as const).map((status) => {
      const restore = { ...restored(owner.sessionId), status };
      return planOf([kept], [], [restore]).map(({ decision }) => decision);
    });
    assert.deepEqual(
      new Set(decisions.flat().map(({ action, reason }) => `${action} ${reason}`)),
      new Set(['keep kept-by-restore', 'keep session-open']),
    );
  });
});
