import { CreateSnapshotsCommand, type SnapshotInfo } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceId, VolumeId } from '../../../../domain/identifiers.ts';
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
import { excludedVolumesMax } from '../ec2-limits.ts';
import { describeInstance, unknownInstance } from '../instances/describe-instances.ts';
import { findLostRequest } from '../lost-request.ts';
import { tagSpecificationOf } from '../request-tags.ts';
import { deleteSnapshot } from './delete-snapshot.ts';
import { listSnapshots } from './list-snapshots.ts';
import { snapshotDescriptionOf } from './snapshot-description.ts';
import { trustedSnapshots } from './trusted-snapshots.ts';

export interface CreateSetSettings {
  /** Whether snapshots get the tags of their volumes besides ours. */
  readonly userTags: 'copy' | 'leave';
}

/**
 * Begins one crash-consistent set. EC2 has no client token for it: when the reply is lost, the set
 * is looked for by the request's own nonce before anything is said to have failed.
 *
 * @throws as `Snapshots.createSet`, LIMIT_EXCEEDED
 */
export async function createSet(
  connection: Ec2Connection,
  settings: CreateSetSettings,
  request: SnapshotSetRequest,
  { signal }: CreateSetOptions = {},
): Promise<readonly SnapshotDescription[]> {
  const { region, keys, clock, random } = connection;
  const { instanceId, owner, setId, policyId, configuration } = request;
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
  const tags = sealTags(keys, description, {
    requestNonce,
    tagsMax: tagLimits.tagsMax - copiedTagsOf(settings, volumes),
  });
  const find = async (): Promise<readonly SnapshotDescription[] | null> => {
    const filter = { Name: 'tag-key', Values: [sealTagName(keys, { kind: 'session', ...owner })] };
    const listed = await listSnapshots(connection, region, filter);
    const found = trustedSnapshots(connection, region, listed)
      .filter(({ requestId }) => requestId === textOfBytes(requestNonce))
      .map(snapshotDescriptionOf)
      .filter((one) => one !== null);
    return found.length === volumes.length ? found : null;
  };
  const excluded = instance.volumes.filter(({ volumeId }) => !wanted.has(volumeId));
  const made = await findLostRequest(connection, find, () =>
    requestSet(connection, settings, { instanceId, excluded, tags }, signal),
  );
  if (made.kind === 'found') return made.found;
  return describeMade(connection, description, made.reply);
}

interface SetToRequest {
  readonly instanceId: InstanceId;
  readonly excluded: readonly InstanceVolume[];
  readonly tags: readonly Tag[];
}

async function requestSet(
  connection: Ec2Connection,
  { userTags }: CreateSetSettings,
  { instanceId, excluded, tags }: SetToRequest,
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
            Description: 'made by snapledger',
            TagSpecifications: [tagSpecificationOf('snapshot', tags)],
            ...(userTags === 'copy' ? { CopyTagsFromSource: 'volume' as const } : {}),
          }),
          options,
        ),
    );
    return Snapshots;
  } catch (error) {
    throw isNotFound(error) ? unknownInstance(instanceId, error) : error;
  }
}

async function describeMade(
  connection: Ec2Connection,
  description: SnapshotSetDescription,
  infos: readonly SnapshotInfo[],
): Promise<readonly SnapshotDescription[]> {
  const { region, clock } = connection;
  const snapshots = trustedSnapshots(
    // What the reply itself tells is not yet anybody's tampering; surplus ones are dealt with here.
    { keys: connection.keys, onUntrusted: () => undefined },
    region,
    infos.map((info) => ({ StartTime: new Date(clock.now()), ...info })),
  )
    .map(snapshotDescriptionOf)
    .filter((one) => one !== null);
  const known = new Set<string>(snapshots.map(({ snapshotId }) => snapshotId));
  for (const { SnapshotId: surplus = '' } of infos) {
    // Of a volume that was attached since the instance was looked at.
    if (!known.has(surplus)) {
      await deleteSnapshot(connection, region, surplus as SnapshotDescription['snapshotId']);
    }
  }
  if (snapshots.length === description.volumes.length) return snapshots;
  throw new SnapledgerError(
    'SNAPSHOT_FAILED',
    `of ${description.volumes.length} volumes EC2 took snapshots of ${snapshots.length}`,
    { remedy: `Run 'snapledger backup ${description.owner.instanceId}' again.` },
  );
}

function copiedTagsOf({ userTags }: CreateSetSettings, volumes: readonly InstanceVolume[]): number {
  if (userTags === 'leave') return 0;
  return Math.max(...volumes.map(({ tags }) => Object.keys(tags).length));
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
