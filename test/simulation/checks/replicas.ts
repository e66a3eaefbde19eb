import type { ReplicaProgress } from '../../../src/domain/backup-session/backup-session.ts';
import type { Check } from './checked-run.ts';
import { recordedByOvertaken } from './recorded-by-overtaken.ts';

/**
 * Every copy in another region belongs to a replica that the ledger knows, and every replica that
 * it says is complete is there, whole, whatever became of its source. Except for what a zombie made.
 */
export const checkReplicas: Check = ({ world, ledger }) => {
  const removed = new Set(ledger.backups.flatMap(({ state }) => state.removed.replicas));
  const unremoved = new Set(ledger.backups.flatMap(({ state }) => state.unremoved.replicas));
  const known = ledger.backups
    .flatMap(({ state }) => state.replicas)
    .filter(({ replicaSetId }) => !removed.has(replicaSetId));
  const mayHaveCopies = new Set(
    known.filter(({ state }) => state !== 'failed').map(({ replicaSetId }) => replicaSetId),
  );
  const existing = new Map(
    world.replicas.existing.map((replica) => [replica.description.snapshotId, replica] as const),
  );
  const raced = recordedByOvertaken(ledger, 'ReplicaStarted');
  const left = [...existing.values()]
    .filter(({ description }) => !raced.has(description.owner.sessionId))
    .filter(({ description }) => !mayHaveCopies.has(description.replicaSetId))
    .filter(({ description }) => !world.isMadeByZombie(description.snapshotId))
    .map(
      ({ description }) =>
        `left behind: ${description.snapshotId}, a copy of replica ${description.replicaSetId}`,
    );
  const isWhole = ({ snapshots }: ReplicaProgress): boolean =>
    snapshots.every(({ snapshotId }) => {
      const copy = existing.get(snapshotId);
      return copy !== undefined && world.replicas.describe(copy).state === 'completed';
    });
  const lost = known
    .filter(({ state, replicaSetId }) => state === 'completed' && !unremoved.has(replicaSetId))
    .filter((replica) => !isWhole(replica))
    .map(({ replicaSetId }) => `replica ${replicaSetId} is said to be complete, and is not`);
  return [...left, ...lost];
};
