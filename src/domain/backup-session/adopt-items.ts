import { assert } from '../errors/assert.ts';
import type { BackupCommand } from './backup-commands.ts';
import type { BackupSessionEvent } from './backup-events.ts';
import { startSession } from './start-session.ts';

/**
 * A session that takes into the ledger what was found in the cloud. There is nothing to be done between its
 * beginning and its end, so that it is recorded as a whole: it never has to be resumed half-way.
 */
export function adoptItems(
  command: Extract<BackupCommand, { readonly type: 'AdoptItems' }>,
): readonly BackupSessionEvent[] {
  const { sessionId, instanceId, origin, policy, items, now } = command;
  assert(items.sets.length + items.replicas.length > 0, 'there is something to adopt');
  const plan = { sessionId, instanceId, scope: 'adoption', origin, policy } as const;
  const nothing = { pointKind: 'incremental', replicaTargets: [] } as const;
  return [
    startSession({ type: 'StartSession', ...plan, ...nothing, now }),
    ...items.sets.map((data) => ({ type: 'SnapshotSetAdopted', data }) as const),
    ...items.replicas.map((data) => ({ type: 'ReplicaAdopted', data }) as const),
    { type: 'SessionCompleted', data: { outcome: 'succeeded', warnings: [], endedAt: now } },
  ];
}
