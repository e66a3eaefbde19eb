import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';
import type { FoundItem } from './found-item.ts';

/**
 * The one snapshot set, replica or restore point, there or gone, whose id begins with `prefix`; the
 * id of a single snapshot, or of a copy of one, leads to its set or replica.
 *
 * @throws UNKNOWN_ITEM, AMBIGUOUS_ID, INVALID_ARGUMENT
 */
export async function findItem(directory: SessionDirectory, prefix: string): Promise<FoundItem> {
  const items = new Map<string, FoundItem>();
  for (const session of await directory.states()) {
    if (!('scope' in session)) continue;
    for (const [id, found] of itemsOf(session)) items.set(id, found);
  }
  const id = findByPrefix(prefix, items.keys(), 'item');
  if (id === null) {
    throw new SnapledgerError(
      'UNKNOWN_ITEM',
      `no snapshot set, replica or restore point has the id '${prefix}'`,
      { remedy: `'snapledger snapshots', 'replicas' and 'points' list them.` },
    );
  }
  const found = items.get(id);
  assert(found !== undefined, 'an id that is found is one of those looked at');
  return found;
}

function* itemsOf(session: StartedBackup): Generator<readonly [string, FoundItem]> {
  const { instanceId, snapshotSet, replicas, point } = session;
  if (snapshotSet !== null) {
    const found = { instanceId, item: { kind: 'snapshot-set', id: snapshotSet.setId } } as const;
    yield [snapshotSet.setId, found];
    for (const { snapshotId } of snapshotSet.snapshots) yield [snapshotId, found];
  }
  for (const { replicaSetId, snapshots } of replicas) {
    const found = { instanceId, item: { kind: 'replica', id: replicaSetId } } as const;
    yield [replicaSetId, found];
    for (const { snapshotId } of snapshots) yield [snapshotId, found];
  }
  if (point === null) return;
  yield [point.pointId, { instanceId, item: { kind: 'restore-point', id: point.pointId } }];
}
