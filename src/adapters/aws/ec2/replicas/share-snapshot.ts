import { ModifySnapshotAttributeCommand, type OperationType } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import { type AccountRole, accountIdOf } from '../../../../domain/policy/account-role.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';

/**
 * Lets an account, and no other, read a snapshot. Fine when it may already.
 *
 * @param home where the snapshot is
 * @throws INVALID_ARGUMENT for a snapshot that is encrypted with the key that AWS keeps for EBS, which
 *   no other account can use
 */
export async function shareSnapshot(
  home: Ec2Connection,
  snapshotId: SnapshotId,
  account: AccountRole,
): Promise<void> {
  try {
    await modifyReaders(home, snapshotId, account, 'add');
  } catch (error) {
    if (awsCodeOf(error) !== 'OperationNotPermitted') throw error;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `${snapshotId} is encrypted with the default key of EBS (aws/ebs), and cannot be shared with account ${accountIdOf(account)}`,
      {
        cause: error,
        remedy:
          'Encrypt the volume with a key of your own that this account may use (docs/aws.md): ' +
          'a volume of a copy of a snapshot gets the key of the copy.',
        details: { snapshotId },
      },
    );
  }
}

/** Takes that back; fine when the account may not read it, or the snapshot is gone. */
export async function unshareSnapshot(
  home: Ec2Connection,
  snapshotId: SnapshotId,
  account: AccountRole,
): Promise<void> {
  try {
    await modifyReaders(home, snapshotId, account, 'remove');
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function modifyReaders(
  home: Ec2Connection,
  snapshotId: SnapshotId,
  account: AccountRole,
  operation: OperationType,
): Promise<void> {
  await callEc2(
    home,
    // It says how things are to be.
    { operation: 'ModifySnapshotAttribute', region: home.region, repetition: 'safe' },
    (client, options) =>
      client.send(
        new ModifySnapshotAttributeCommand({
          SnapshotId: snapshotId,
          Attribute: 'createVolumePermission',
          OperationType: operation,
          UserIds: [accountIdOf(account)],
        }),
        options,
      ),
  );
}
