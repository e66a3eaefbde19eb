import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Region, VolumeId } from '../../../src/domain/identifiers.ts';
import { performReconciliation } from '../../../src/engine/reconcile/perform-reconciliation.ts';
import type { PlannedItem } from '../../../src/engine/reconcile/plan-reconciliation.ts';
import type { ReconciledCloud } from '../../../src/engine/reconcile/reconcilable-region.ts';
import type { ResourceOwner } from '../../../src/ports/cloud/resource-owner.ts';

const never = new AbortController().signal;
const owner = { sessionId: 's', instanceId: 'web-1' } as ResourceOwner;

function leftOver(volumeId: string): PlannedItem {
  return {
    item: {
      kind: 'volume',
      volume: {
        volumeId: volumeId as VolumeId,
        snapshotId: 'snap-1' as never,
        owner,
        attachedTo: null,
      },
    },
    decision: { action: 'remove', reason: 'session-ended' },
  };
}

function cloudWith(deleteFree: ReconciledCloud['volumes']['deleteFree']): ReconciledCloud {
  const untouched = {} as never;
  return {
    region: 'home' as Region,
    snapshots: untouched,
    replicas: untouched,
    workers: untouched,
    volumeRestores: null,
    instanceRestores: null,
    inAccount: null,
    volumes: { deleteFree },
  };
}

describe('removing what is left over', () => {
  it('leaves a volume that was attached meanwhile, and says so', async () => {
    const cloud = cloudWith(() => Promise.resolve('in-use'));

    const [done] = await performReconciliation(cloud, [leftOver('vol-1')], never);

    assert.deepEqual(done?.decision, { action: 'keep', reason: 'in-use' });
    assert.equal(done.problem, null);
  });

  it('ends before the next removal once it is stopped', async () => {
    const stopped = new AbortController();
    const removed: VolumeId[] = [];
    const cloud = cloudWith((volumeId) => {
      removed.push(volumeId);
      stopped.abort(new Error('enough'));
      return Promise.resolve('removed');
    });
    const plan = [leftOver('vol-1'), leftOver('vol-2')];

    await assert.rejects(performReconciliation(cloud, plan, stopped.signal), /enough/);

    assert.deepEqual(removed, ['vol-1']);
  });
});
