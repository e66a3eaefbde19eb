import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import {
  type BackupSession,
  initialBackupSession,
} from '../../../src/domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import { planRetention } from '../../../src/domain/retention/plan-retention.ts';
import type { RetentionPlan } from '../../../src/domain/retention/retention-plan.ts';
import { backupCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent, encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { samplePolicy } from '../../support/domain/sample-policy.ts';

/** A session of an engine of version 0.1: what it made, and which sets it let go. */
interface OldSession {
  readonly number: number;
  readonly ending: 'SessionCompleted' | 'SessionFailed' | 'none';
  readonly hasPoint: boolean;
  readonly removes: readonly number[];
}

const oldPolicy = {
  policyId: 'nightly',
  snapshots: { retention: { kind: 'count', keep: 2 }, baseMoves: 'before-retention' },
  image: {
    level: 'on',
    changedBlockTracking: 'on',
    compression: 'balanced',
    transport: 'worker',
  },
} as const;

const problem = { code: 'STORE_FULL', message: 'no room is left' };

interface WrittenEvent {
  readonly type: BackupSessionEvent['type'];
  readonly data: object;
}

/** The events as that engine wrote them, with version 1 of their data. */
function eventsOfOld({ number, ending, hasPoint, removes }: OldSession): readonly WrittenEvent[] {
  const sessionId = sampleIds.session(number);
  const setId = sampleIds.set(number);
  const takenAt = atHour(number);
  const snapshot = { snapshotId: `snap-${number}`, volumeId: 'vol-root', device: '/dev/xvda' };
  const remove = removes.map((one) => ({
    setId: sampleIds.set(one),
    takenAt: atHour(one),
    reasons: [{ kind: 'beyond-count', place: 3, keep: 2 }],
  }));
  const scope = hasPoint ? 'image-level' : 'snapshot-only';
  const startedAt = takenAt;
  const start = {
    kind: 'backup',
    sessionId,
    instanceId: 'web-1',
    scope,
    policy: oldPolicy,
    startedAt,
  };
  return [
    { type: 'SessionStarted', data: start },
    { type: 'SnapshotRequested', data: { setId } },
    { type: 'SnapshotTaken', data: { setId, takenAt, snapshots: [{ ...snapshot, sizeBytes: 1 }] } },
    { type: 'SnapshotCompleted', data: { setId } },
    ...(hasPoint
      ? [
          { type: 'WriterRegistered', data: { repositoryId: 'main', format: 'strata' } } as const,
          {
            type: 'RestorePointCommitted',
            data: { pointId: sessionId, committedAt: takenAt, volumes: [] },
          } as const,
          { type: 'WriterClosed', data: { result: 'committed' } } as const,
        ]
      : []),
    { type: 'RetentionDecided', data: { keep: [], remove } },
    ...removes.map(
      (one) =>
        ({
          type: 'SnapshotRemoved',
          data: { setId: sampleIds.set(one), snapshotIds: [] },
        }) as const,
    ),
    ...(ending === 'SessionCompleted'
      ? [{ type: ending, data: { outcome: 'succeeded', warnings: [], endedAt: takenAt } } as const]
      : []),
    ...(ending === 'SessionFailed'
      ? [{ type: ending, data: { problem, endedAt: takenAt } } as const]
      : []),
  ];
}

function recorded({ type, data }: WrittenEvent): RecordedEvent {
  return {
    id: '00000000-0000-5000-8000-000000000000',
    type,
    data: encodeEventData({ type, data }),
    metadata: {
      schemaVersion: 1,
      recordedAt: atHour(0),
      actor: 'tester',
      engineVersion: '0.1.0',
      cause: 'an old engine',
      previousHash: genesisHash,
    },
    stream: 'session-old' as RecordedEvent['stream'],
    revision: 0 as RecordedEvent['revision'],
    position: '1' as RecordedEvent['position'],
  };
}

function planOfOld(sessions: readonly OldSession[]): RetentionPlan {
  const states = sessions.flatMap((session) => {
    const events = eventsOfOld(session).map((event) =>
      decodeEvent<BackupSessionEvent>(recorded(event), backupCatalogue),
    );
    const state = events.reduce<BackupSession>(evolveBackup, initialBackupSession);
    return state.status === 'not-started' ? [] : [state];
  });
  return planRetention({
    history: instanceHistory(states),
    policy: samplePolicy({ keep: 2 }),
    obsolete: keepObsolete,
    pointDependency: 'independent',
    during: null,
    now: atHour(100),
  });
}

/** What the rule by count, which was the only one, says: written down once more for this test. */
function keptByPencil(sessions: readonly OldSession[]): readonly string[] {
  const gone = new Set(sessions.flatMap(({ removes }) => removes));
  const there = sessions.filter(({ number }) => !gone.has(number));
  const base = sessions.findLast(({ hasPoint }) => hasPoint);
  const stays = new Set(there.slice(-2).map(({ number }) => number));
  for (const { number, ending } of there) {
    if (number === base?.number || ending === 'none') stays.add(number);
  }
  return [...stays].toSorted((a, b) => a - b).map(sampleIds.set);
}

describe('what an engine of version 0.1 recorded', () => {
  it('leads to the plan that it led to then', () => {
    const drafts = fc.array(
      fc.record({
        ending: fc.constantFrom('SessionCompleted', 'SessionCompleted', 'SessionFailed'),
        hasPoint: fc.boolean(),
        isGone: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(drafts, fc.boolean(), (all, lastRuns) => {
        const last = all.length - 1;
        const sessions = all.map(({ ending, hasPoint }, number): OldSession => ({
          number,
          ending: lastRuns && number === last ? 'none' : ending,
          hasPoint: hasPoint && ending === 'SessionCompleted',
          removes:
            number === last
              ? all.flatMap(({ isGone }, one) => (isGone && one < last ? [one] : []))
              : [],
        }));
        const { snapshots, replicas, points } = planOfOld(sessions);
        assert.deepEqual(
          snapshots.keep.map(({ id }) => id),
          keptByPencil(sessions),
        );
        assert.deepEqual(replicas, { keep: [], remove: [] });
        // All points were kept then, and a policy of then keeps them all.
        assert.deepEqual(points.expire, []);
        assert.equal(points.keep.length, sessions.filter(({ hasPoint }) => hasPoint).length);
      }),
    );
  });
});
