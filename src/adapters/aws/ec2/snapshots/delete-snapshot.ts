import { DeleteSnapshotCommand } from '@aws-sdk/client-ec2';
import { hasErrorCode, SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region, SnapshotId } from '../../../../domain/identifiers.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { pollUntil } from '../poll-until.ts';

/**
 * Removes a snapshot or a copy of one; fine when it is gone already. One that EC2 does not find is
 * gone only if it is not recent: otherwise it would appear later, and stay for ever.
 *
 * @throws TIMED_OUT, and as {@link requestDeletion}
 */
export async function deleteSnapshot(
  connection: Ec2Connection,
  region: Region,
  snapshotId: SnapshotId,
  isRecent: () => boolean,
): Promise<void> {
  await pollUntil(connection, `snapshot ${snapshotId} removed`, async () => {
    const outcome = await requestDeletion(connection, region, snapshotId);
    return outcome === 'not-found' && isRecent() ? null : 'gone';
  });
}

/**
 * @returns `not-found` for one that is gone, or was made so short a time ago that EC2 does not know
 *   it everywhere yet
 * @throws SNAPSHOT_HELD when EC2 keeps it: an image is made of it, it is locked, or a service of
 *   AWS manages it. Not an error of ours: retention decides again with the next session.
 */
export async function requestDeletion(
  connection: Ec2Connection,
  region: Region,
  snapshotId: SnapshotId,
): Promise<'removed' | 'not-found'> {
  try {
    await callEc2(
      connection,
      { operation: 'DeleteSnapshot', region, repetition: 'safe' },
      (client, options) =>
        client.send(new DeleteSnapshotCommand({ SnapshotId: snapshotId }), options),
    );
    return 'removed';
  } catch (error) {
    if (isNotFound(error)) return 'not-found';
    if (!hasErrorCode(error, 'CLOUD_REFUSED')) throw error;
    const awsCode = awsCodeOf(error);
    throw new SnapledgerError(
      'SNAPSHOT_HELD',
      awsCode === 'InvalidSnapshot.InUse'
        ? `snapshot ${snapshotId} cannot be removed: an image (AMI) is made of it`
        : `snapshot ${snapshotId} cannot be removed: EC2 answers ${awsCode}, ${error.message}`,
      {
        cause: error,
        remedy:
          'Deregister the image, or wait until the lock ends; retention then removes the snapshot.',
        details: { snapshotId, awsCode },
      },
    );
  }
}
