import {
  CopySnapshotCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { hasErrorCode } from '../../../../domain/errors/snapledger-error.ts';
import type { ReplicaTarget } from '../../../../domain/policy/replica-target.ts';
import { dryRun, marked } from './dry-run.ts';
import type { PermissionFinding } from './permission-finding.ts';
import type { TrialOutcome, TrialWorld } from './trial.ts';
import { untried } from './trial.ts';

/** What a policy needs where it copies to. A region that does not answer is a setting that is wrong. */
export async function tryTarget(
  world: TrialWorld,
  target: ReplicaTarget,
  /** A copy there that carries the mark; null: there is none yet. */
  replicaId: string | null,
): Promise<readonly PermissionFinding[]> {
  const { region, keyId } = target;
  const trials = [
    ['DescribeSnapshots', 'follow the copies there', () => describe(world, target)],
    [
      'CopySnapshot',
      keyId === null
        ? 'make copies there'
        : 'make copies there with the key; whether the key itself can be used only a first copy shows',
      () => copy(world, target),
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
      caller: 'engine',
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

async function copy(
  { connection, samples }: TrialWorld,
  { region, keyId }: ReplicaTarget,
): Promise<TrialOutcome> {
  const { snapshotId: SourceSnapshotId } = samples;
  if (SourceSnapshotId === null) return untried('there is no snapshot yet to try it on');
  return await dryRun(connection, { operation: 'CopySnapshot', region }, (client, options) =>
    client.send(
      new CopySnapshotCommand({
        DryRun: true,
        SourceRegion: connection.region,
        SourceSnapshotId,
        TagSpecifications: marked(connection, 'snapshot'),
        ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
      }),
      options,
    ),
  );
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
