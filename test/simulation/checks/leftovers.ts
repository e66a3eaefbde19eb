import type { Check } from './checked-run.ts';
import { recordedByOvertaken } from './recorded-by-overtaken.ts';

/** What the repository holds beside the points of committed sessions. */
const temporaryPrefixes = ['control/', 'sessions/'] as const;

/**
 * Nothing is left behind: no worker, no temporary volume, no snapshot that no session lists, no
 * control object, no registration, no data of a session without a point. Except for what a zombie
 * made after everybody held it to be dead, or its successor because the zombie was faster: no ledger
 * can stop a request that is on its way, and removing that is the reconciler's work.
 */
export const checkLeftovers: Check = async ({ world, ledger }) => {
  const left: { readonly what: string; readonly id: string }[] = [
    ...world.workers.running.map(({ workerId }) => ({ what: 'worker', id: workerId })),
    ...world.volumes.existing.map(({ volumeId }) => ({ what: 'temporary volume', id: volumeId })),
  ];

  const listed = new Set(
    ledger.backups.flatMap(({ state: { snapshotSet } }) =>
      (snapshotSet?.snapshots ?? []).map(({ snapshotId }) => snapshotId),
    ),
  );
  const raced = recordedByOvertaken(ledger, 'SnapshotTaken');
  for (const { description } of world.snapshots.existing) {
    const { snapshotId, owner } = description;
    if (raced.has(owner.sessionId)) continue;
    if (!listed.has(snapshotId))
      left.push({ what: 'snapshot that no session lists', id: snapshotId });
  }

  const committed = new Set<string>(
    ledger.backups.flatMap(({ sessionId, state }) => (state.point === null ? [] : [sessionId])),
  );
  for await (const { key } of world.objectStore.list('')) {
    if (temporaryPrefixes.some((prefix) => key.startsWith(prefix))) {
      left.push({ what: 'object', id: key });
    }
    const [kind, sessionId] = key.split('/');
    if ((kind === 'packs' || kind === 'keys') && !committed.has(sessionId ?? '')) {
      left.push({ what: 'data without a point', id: key });
    }
  }
  return left
    .filter(({ id }) => !world.isMadeByZombie(id))
    .map(({ what, id }) => `left behind: ${what} ${id}`);
};
