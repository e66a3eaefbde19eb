import { CreateSnapshotsCommand, type Snapshot, type SnapshotInfo } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../../../domain/identifiers.ts';
import type { InstanceVolume } from '../../../../ports/cloud/instances.ts';
import type {
  CreateSetOptions,
  SnapshotDescription,
  SnapshotSetRequest,
} from '../../../../ports/cloud/snapshots.ts';
import type { SnapshotSetDescription } from '../../tags/resource-description.ts';
import { sealTags, type Tag } from '../../tags/seal-tags.ts';
import { nonceSizeBytes } from '../../tags/tag-head.ts';
import { tagLimits } from '../../tags/tag-limits.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { textOfBytes } from '../../tags/tag-text.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { isNotFound } from '../ec2-error.ts';
import { clockSkewMaxMs, excludedVolumesMax } from '../ec2-limits.ts';
import { describeInstance, unknownInstance } from '../instances/describe-instances.ts';
import { findLostRequest } from '../lost-request.ts';
import { requestTextOf, tagSpecificationOf } from '../request-tags.ts';
import { requireCopyableTags } from './copied-tags.ts';
import { deleteMade } from './delete-made.ts';
import { listSnapshots } from './list-snapshots.ts';
import { snapshotDescriptionOf } from './snapshot-description.ts';
import { trustedSnapshots } from './trusted-snapshots.ts';

/**
 * Begins one crash-consistent set. EC2 has no client token for it: when the reply is lost, the set
 * is looked for by the request's own nonce before anything is said to have failed.
 *
 * @throws as `Snapshots.createSet`, LIMIT_EXCEEDED, INVALID_ARGUMENT, CLOCK_WRONG
 */
export async function createSet(
  connection: Ec2Connection,
  request: SnapshotSetRequest,
  { signal }: CreateSetOptions = {},
): Promise<readonly SnapshotDescription[]> {
  const { region, keys, clock, random } = connection;
  const { instanceId, owner, setId, policyId, volumeTags, configuration } = request;
  const instance = await describeInstance(connection, instanceId);
  const wanted = new Set<VolumeId>(request.volumes.map(({ volumeId }) => volumeId));
  const volumes = instance.volumes.filter(({ volumeId }) => wanted.has(volumeId));
  requireAll(instanceId, wanted, volumes);

  const requestNonce = random.bytes(nonceSizeBytes);
  const description: SnapshotSetDescription = {
    kind: 'snapshot-set',
    owner,
    requestedAt: clock.now(),
    setId,
    region,
    policyId,
    volumes: volumes.map(({ volumeId, device, sizeBytes }) => ({ volumeId, device, sizeBytes })),
    configuration,
  };
  const requestId = textOfBytes(requestNonce);
  const tags = sealTags(keys, description, { requestNonce, tagsMax: tagLimits.tagsMax });
  if (volumeTags === 'copy') requireCopyableTags(volumes, tags.length);
  const find = async (): Promise<readonly SnapshotDescription[] | null> => {
    const filter = { Name: 'tag-key', Values: [sealTagName(keys, { kind: 'session', ...owner })] };
    const listed = await listSnapshots(connection, region, filter);
    const found = trustedSnapshots(connection, region, listed)
      .filter((one) => one.requestId === requestId)
      .map(snapshotDescriptionOf)
      .filter((one) => one !== null);
    return found.length === volumes.length ? found : null;
  };
  const excluded = instance.volumes.filter(({ volumeId }) => !wanted.has(volumeId));
  const made = await findLostRequest(connection, find, () =>
    requestSet(connection, { instanceId, excluded, volumeTags, requestId, tags }, signal),
  );
  if (made.kind === 'found') return made.found;
  const snapshots = made.reply.map((info) => ({
    StartTime: new Date(clock.now()),
    ...info,
    // The reply to this very request: whose it is need not be proven.
    Description: requestTextOf(requestId),
  }));
  await requireSameTime(connection, description, snapshots);
  return describeMade(connection, description, snapshots);
}

interface SetToRequest {
  readonly instanceId: InstanceId;
  readonly excluded: readonly InstanceVolume[];
  readonly volumeTags: SnapshotSetRequest['volumeTags'];
  readonly requestId: string;
  readonly tags: readonly Tag[];
}

async function requestSet(
  connection: Ec2Connection,
  { instanceId, excluded, volumeTags, requestId, tags }: SetToRequest,
  signal: AbortSignal | undefined,
): Promise<readonly SnapshotInfo[]> {
  const excludedData = excluded.filter(({ role }) => role === 'data');
  if (excludedData.length > excludedVolumesMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `of ${instanceId} ${excludedData.length} volumes are left out, and EC2 takes ${excludedVolumesMax}`,
      { remedy: 'Leave out fewer volumes in the policy.' },
    );
  }
  try {
    const { Snapshots = [] } = await callEc2(
      connection,
      {
        operation: 'CreateSnapshots',
        region: connection.region,
        repetition: 'once',
        ...(signal === undefined ? {} : { signal }),
      },
      (client, options) =>
        client.send(
          new CreateSnapshotsCommand({
            InstanceSpecification: {
              InstanceId: instanceId,
              ExcludeBootVolume: excluded.some(({ role }) => role === 'root'),
              ExcludeDataVolumeIds: excludedData.map(({ volumeId }) => volumeId),
            },
            Description: requestTextOf(requestId),
            TagSpecifications: [tagSpecificationOf('snapshot', tags)],
            ...(volumeTags === 'copy' ? { CopyTagsFromSource: 'volume' as const } : {}),
          }),
          options,
        ),
    );
    return Snapshots;
  } catch (error) {
    throw isNotFound(error) ? unknownInstance(connection.region, instanceId, error) : error;
  }
}

async function describeMade(
  connection: Ec2Connection,
  description: SnapshotSetDescription,
  made: readonly Snapshot[],
): Promise<readonly SnapshotDescription[]> {
  const { region } = connection;
  const snapshots = trustedSnapshots(
    // What the reply itself tells is not yet anybody's tampering; surplus ones are dealt with here.
    { keys: connection.keys, onUntrusted: () => undefined },
    region,
    made,
  )
    .map(snapshotDescriptionOf)
    .filter((one) => one !== null);
  const known = new Set<string>(snapshots.map(({ snapshotId }) => snapshotId));
  // Of volumes that were attached since the instance was looked at. One that cannot be removed is
  // told of as untrusted by every listing.
  await deleteMade(
    connection,
    idsOf(made).filter((id) => !known.has(id)),
  );
  if (snapshots.length === description.volumes.length) return snapshots;
  throw new SnapledgerError(
    'SNAPSHOT_FAILED',
    `of ${description.volumes.length} volumes EC2 took snapshots of ${snapshots.length}`,
    { remedy: `Run 'snapledger backup ${description.owner.instanceId}' again.` },
  );
}

/**
 * What began at another time than its tags say would not be believed when it is next listed.
 *
 * @throws CLOCK_WRONG, after what was made is removed again
 */
async function requireSameTime(
  connection: Ec2Connection,
  { requestedAt }: SnapshotSetDescription,
  made: readonly Snapshot[],
): Promise<void> {
  const aheadMs = made
    .map(({ StartTime }) => requestedAt - (StartTime?.getTime() ?? requestedAt))
    .find((oneMs) => Math.abs(oneMs) > clockSkewMaxMs);
  if (aheadMs === undefined) return;
  const left = await deleteMade(connection, idsOf(made));
  const offSeconds = Math.round(Math.abs(aheadMs) / 1000);
  throw new SnapledgerError(
    'CLOCK_WRONG',
    `the clock of the engine is ${offSeconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of EC2, ` +
      `and may be off by ${clockSkewMaxMs / 1000} s; ` +
      (left.length === 0
        ? 'the snapshots were removed again'
        : `these snapshots could not be removed again: ${left.join(', ')}`),
    {
      remedy: 'Set the clock of this machine, and back the instance up again.',
      details: { offSeconds, left: left.join(', ') },
    },
  );
}

function idsOf(snapshots: readonly Snapshot[]): readonly SnapshotId[] {
  return snapshots.map(({ SnapshotId: id = '' }) => id as SnapshotId);
}

function requireAll(
  instanceId: InstanceId,
  wanted: ReadonlySet<VolumeId>,
  found: readonly InstanceVolume[],
): void {
  const missing = [...wanted].find((id) => !found.some(({ volumeId }) => volumeId === id));
  if (missing === undefined) return;
  throw new SnapledgerError(
    'VOLUME_NOT_FOUND',
    `the volume ${missing} is not attached to ${instanceId}`,
    { remedy: `Run 'snapledger backup ${instanceId}' again.`, details: { volumeId: missing } },
  );
}
