import {
  CopySnapshotCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import { accountIdOf } from '../../../../domain/policy/account-role.ts';
import type { ReplicaTarget } from '../../../../domain/policy/replica-target.ts';
import type { Ec2Connection } from '../../ec2/ec2-connection.ts';
import { createEc2Inventory } from '../../ec2/inventory/ec2-inventory.ts';
import { dryRun, marked } from './dry-run.ts';
import type { PermissionFinding } from './permission-finding.ts';
import type { TrialOutcome, TrialWorld } from './trial.ts';
import { untried } from './trial.ts';

/**
 * What a policy needs where it copies to. A region that does not answer is a setting that is wrong.
 *
 * @param world at home, where the snapshots are
 */
export async function tryTarget(
  world: TrialWorld,
  target: ReplicaTarget,
): Promise<readonly PermissionFinding[]> {
  const { account } = target;
  if (account === null) return await tryThere(world, world, target);
  const { connection } = world;
  const there = { ...world, connection: { ...connection, ...connection.inAccount(account) } };
  const entry = await tryEntry(there.connection, target);
  if (entry.outcome.kind !== 'allowed') return [entry];
  return [entry, await trySharing(world, target), ...(await tryThere(world, there, target))];
}

/** Everything else in the account hangs on it. */
async function tryEntry(
  { clients, region }: Ec2Connection,
  target: ReplicaTarget,
): Promise<PermissionFinding> {
  const of = {
    action: 'sts:AssumeRole',
    caller: 'engine',
    purpose: 'enter the account by the role',
    target,
    machine: null,
  } as const;
  try {
    await clients.of(region);
    return { ...of, outcome: { kind: 'allowed' } };
  } catch (error) {
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED')) {
      return { ...of, outcome: { kind: 'missing', said: error.message } };
    }
    if (!hasErrorCode(error, 'CLOUD_REFUSED', 'CLOUD_UNAVAILABLE')) throw error;
    return { ...of, outcome: { kind: 'refused', said: error.message } };
  }
}

async function trySharing(
  { connection, samples }: TrialWorld,
  target: ReplicaTarget,
): Promise<PermissionFinding> {
  const { snapshotId: SnapshotId } = samples;
  const { region } = connection;
  const UserIds = target.account === null ? [] : [accountIdOf(target.account)];
  const outcome =
    SnapshotId === null
      ? untried('there is no snapshot yet to try it on')
      : await dryRun(
          connection,
          { operation: 'ModifySnapshotAttribute', region },
          (client, options) =>
            client.send(
              new ModifySnapshotAttributeCommand({
                DryRun: true,
                SnapshotId,
                Attribute: 'createVolumePermission',
                OperationType: 'add',
                UserIds,
              }),
              options,
            ),
        );
  return {
    action: 'ec2:ModifySnapshotAttribute',
    caller: 'engine',
    purpose: 'let the account read a snapshot while it copies it',
    target,
    machine: null,
    outcome,
  };
}

async function tryThere(
  home: TrialWorld,
  world: TrialWorld,
  target: ReplicaTarget,
): Promise<readonly PermissionFinding[]> {
  const { region, keyId, account } = target;
  const replicaId = await findReplica(world.connection, target);
  const trials = [
    ['DescribeSnapshots', 'follow the copies there', () => describe(world, target)],
    [
      'CopySnapshot',
      keyId === null
        ? 'make copies there'
        : 'make copies there with the key; whether the key itself can be used only a first copy shows',
      () => copy(home, world, target),
    ],
    [
      'DeleteSnapshot',
      'remove the copies that retention lets go',
      () => remove(world, target, replicaId),
    ],
  ] as const;
  const findings: PermissionFinding[] = [];
  for (const [command, purpose, attempt] of trials) {
    const outcome = await attempt().catch((error: unknown): TrialOutcome => {
      if (!hasErrorCode(error, 'CLOUD_UNAVAILABLE')) throw error;
      return { kind: 'refused', said: `${region} does not answer: ${error.message}` };
    });
    findings.push({
      action: `ec2:${command}`,
      caller: account === null ? 'engine' : 'account',
      purpose,
      target,
      machine: null,
      outcome,
    });
    // The others would take as long to say the same.
    if (outcome.kind === 'refused' && command === 'DescribeSnapshots') break;
  }
  return findings;
}

function describe({ connection }: TrialWorld, { region }: ReplicaTarget): Promise<TrialOutcome> {
  return dryRun(connection, { operation: 'DescribeSnapshots', region }, (client, options) =>
    client.send(new DescribeSnapshotsCommand({ DryRun: true, OwnerIds: ['self'] }), options),
  );
}

/** One that carries the mark, and that can be asked about; what keeps it from being found the trials tell. */
async function findReplica(
  connection: Ec2Connection,
  { region }: ReplicaTarget,
): Promise<string | null> {
  const there = createEc2Inventory({ ...connection, region });
  try {
    const { items } = await there.list([]);
    return items.find((item) => item.kind === 'replica')?.replica.snapshotId ?? null;
  } catch (error) {
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED', 'CLOUD_UNAVAILABLE')) return null;
    throw error;
  }
}

async function copy(
  home: TrialWorld,
  { connection }: TrialWorld,
  { region, keyId, account }: ReplicaTarget,
): Promise<TrialOutcome> {
  const { snapshotId: SourceSnapshotId } = home.samples;
  if (SourceSnapshotId === null) return untried('there is no snapshot yet to try it on');
  const outcome = await dryRun(
    connection,
    { operation: 'CopySnapshot', region },
    (client, options) =>
      client.send(
        new CopySnapshotCommand({
          DryRun: true,
          SourceRegion: home.connection.region,
          SourceSnapshotId,
          TagSpecifications: marked(connection, 'snapshot'),
          ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
        }),
        options,
      ),
  );
  const isUnseen = outcome.kind === 'refused' && outcome.said.includes('InvalidSnapshot.NotFound');
  return account !== null && isUnseen
    ? untried('the account may read a snapshot only while it copies one')
    : outcome;
}

async function remove(
  { connection }: TrialWorld,
  { region }: ReplicaTarget,
  SnapshotId: string | null,
): Promise<TrialOutcome> {
  if (SnapshotId === null) return untried('there is no copy yet to try it on');
  return await dryRun(connection, { operation: 'DeleteSnapshot', region }, (client, options) =>
    client.send(new DeleteSnapshotCommand({ DryRun: true, SnapshotId }), options),
  );
}
