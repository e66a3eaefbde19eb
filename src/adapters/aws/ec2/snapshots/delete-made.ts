import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { requestDeletion } from './delete-snapshot.ts';
import { listSnapshotsById } from './list-snapshots.ts';

/**
 * Removes what this very request has made. EC2 may say of it that it does not exist, which is not
 * to be taken for gone: each is waited for until a listing shows it and its removal is accepted, for
 * `lostRequestMs` altogether.
 *
 * @returns those that EC2 has not found in that time, and that may therefore still be there
 * @throws as `requestDeletion`
 */
export async function deleteMade(
  connection: Ec2Connection,
  snapshotIds: readonly SnapshotId[],
): Promise<readonly SnapshotId[]> {
  const { region, clock, limits } = connection;
  const endMs = clock.now() + limits.lostRequestMs;
  let left = snapshotIds;
  for (;;) {
    const listed = await listSnapshotsById(connection, region, left);
    const shown = new Set(listed.map(({ SnapshotId: id }) => id));
    const removed = new Set<SnapshotId>();
    for (const id of left) {
      if (!shown.has(id)) continue;
      if ((await requestDeletion(connection, region, id)) === 'removed') removed.add(id);
    }
    left = left.filter((id) => !removed.has(id));
    if (left.length === 0 || clock.now() >= endMs) return left;
    await clock.sleep(limits.pollMs);
  }
}
