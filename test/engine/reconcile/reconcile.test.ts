import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { Region, SessionId, VolumeId } from '../../../src/domain/identifiers.ts';
import type { ReconcilableRegion } from '../../../src/engine/reconcile/reconcilable-region.ts';
import type { KnownSessions } from '../../../src/engine/reconcile/known-sessions.ts';
import { reconcile } from '../../../src/engine/reconcile/reconcile.ts';

const never = new AbortController().signal;
/** There is nothing to adopt. */
const removing = {
  mode: 'remove',
  adopt: () => Promise.reject(new Error('adopted')),
  repository: null,
} as const;
const ended = 'ended' as SessionId;
const damaged = 'damaged' as SessionId;

/** A ledger of two sessions, and what is asked of it. */
function ledger(damage: SnapledgerError): {
  readonly sessions: KnownSessions;
  readonly asked: SessionId[];
} {
  const asked: SessionId[] = [];
  const entries = [ended, damaged].map((sessionId) => ({ sessionId }) as never);
  const endedState = {
    sessionId: ended,
    status: 'failed',
    snapshotSet: null,
    replicas: [],
    removed: { sets: [], replicas: [], points: [] },
    unremoved: { sets: [], replicas: [], points: [] },
    adopted: { sets: [], replicas: [] },
  };
  return {
    asked,
    sessions: {
      entries: () => Promise.resolve(entries),
      summaryOf: () => Promise.reject(new Error('asked')),
      stateOf: (sessionId) => {
        asked.push(sessionId);
        return sessionId === damaged
          ? Promise.reject(damage)
          : Promise.resolve(endedState as never);
      },
    },
  };
}

function regionWith(sessionIds: readonly SessionId[]): ReconcilableRegion & { removed: string[] } {
  const untouched = {} as never;
  const removed: string[] = [];
  const items = sessionIds.map((sessionId) => ({
    kind: 'volume' as const,
    volume: {
      volumeId: `vol-${sessionId}` as VolumeId,
      snapshotId: 'snap-1' as never,
      owner: { sessionId, instanceId: 'web-1' as never },
      attachedTo: null,
    },
  }));
  return {
    removed,
    region: 'home' as Region,
    account: null,
    snapshots: untouched,
    replicas: untouched,
    workers: untouched,
    volumeRestores: null,
    instanceRestores: null,
    inAccount: null,
    volumes: {
      deleteFree: (volumeId) => {
        removed.push(volumeId);
        return Promise.resolve('removed');
      },
    },
    inventory: { list: () => Promise.resolve({ items, untrusted: [] }) },
  };
}

describe('comparing a region with the ledger', () => {
  it('keeps what belongs to a session that cannot be read, tells of it, and removes the rest', async () => {
    const damage = new SnapledgerError('LEDGER_CORRUPT', 'event 3 is damaged');
    const region = regionWith([ended, damaged]);

    const { items, unreadable } = await reconcile(ledger(damage).sessions, region, removing, never);

    assert.deepEqual(unreadable, [{ sessionId: damaged, error: damage }]);
    assert.deepEqual(
      items.map(({ decision }) => decision.reason),
      ['session-ended', 'unknown-session'],
    );
    assert.deepEqual(region.removed, [`vol-${ended}`]);
  });

  it('fails when the ledger cannot be read at all', async () => {
    const error = new SnapledgerError('LEDGER_UNAVAILABLE', 'another program holds it');
    const looking = reconcile(ledger(error).sessions, regionWith([damaged]), removing, never);
    await assert.rejects(looking, /another program/);
  });

  it('reads no further session, and removes nothing, once it is stopped', async () => {
    const { sessions, asked } = ledger(new SnapledgerError('LEDGER_CORRUPT', 'unread'));
    const stopped = AbortSignal.abort(new Error('enough'));
    const region = regionWith([ended]);

    await assert.rejects(reconcile(sessions, region, removing, stopped), /enough/);

    assert.deepEqual([asked, region.removed], [[], []]);
  });
});
