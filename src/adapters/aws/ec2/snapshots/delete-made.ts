import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { listSnapshotsById } from './list-snapshots.ts';

/**
 * Removes what was made a moment ago. EC2 may say of it that it does not exist, which is not to be
 * taken for gone: each is waited for until a listing shows it, for `lostRequestMs` altogether.
 *
 * @returns those that no listing has shown, and that may therefore still be there
 * @throws as `deleteSnapshot`
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
    for (const id of left) if (shown.has(id)) await deleteSnapshot(connection, region, id);
    left = left.filter((id) => !shown.has(id));
    if (left.length === 0 || clock.now() >= endMs) return left;
    await clock.sleep(limits.pollMs);
  }
}
