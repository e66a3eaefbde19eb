import { CopySnapshotCommand } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import type { ReplicaDescription, ReplicaRequest } from '../../../../ports/cloud/replicas.ts';
import type { ReplicaSetDescription } from '../../tags/resource-description.ts';
import { sealTags, type Tag } from '../../tags/seal-tags.ts';
import { nonceSizeBytes } from '../../tags/tag-head.ts';
import { tagLimits } from '../../tags/tag-limits.ts';
import { sealTagName } from '../../tags/tag-name.ts';
import { textOfBytes } from '../../tags/tag-text.ts';
import { callEc2 } from '../call-ec2.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { awsCodeOf, isNotFound } from '../ec2-error.ts';
import { findLostRequest } from '../lost-request.ts';
import { requestTextOf, tagSpecificationOf } from '../request-tags.ts';
import { listSnapshots, listSnapshotsById } from '../snapshots/list-snapshots.ts';
import { deviceOf } from '../snapshots/snapshot-description.ts';
import { trustedSnapshots, type TrustedSnapshot } from '../snapshots/trusted-snapshots.ts';
import { replicaDescriptionOf } from './replica-description.ts';

/**
 * Begins to copy a snapshot. There is no client token for it: when the reply is lost, the copy is
 * looked for by the request's own nonce.
 *
 * @throws SNAPSHOT_NOT_FOUND, INVALID_ARGUMENT
 */
export async function copySnapshot(
  connection: Ec2Connection,
  request: ReplicaRequest,
): Promise<ReplicaDescription> {
  const { keys, clock, random } = connection;
  const { replicaSetId, owner, target, sourceSnapshotId } = request;
  const source = await requireSource(connection, sourceSnapshotId);
  const { resource: sourceSet, volumeId, sizeBytes } = source;
  const requestNonce = random.bytes(nonceSizeBytes);
  const description: ReplicaSetDescription = {
    kind: 'replica',
    owner,
    requestedAt: clock.now(),
    replicaSetId,
    region: target.region,
    keyId: target.keyId,
    sourceSnapshotId,
    volumeId,
    source: sourceSet,
  };
  const requestId = textOfBytes(requestNonce);
  const tags = sealTags(keys, description, { requestNonce, tagsMax: tagLimits.tagsMax });
  const find = async (): Promise<ReplicaDescription | null> => {
    const { sessionId } = owner;
    const filter = {
      Name: 'tag-key',
      Values: [sealTagName(keys, { kind: 'session', sessionId })],
    };
    const listed = await listSnapshots(connection, target.region, filter);
    const found = trustedSnapshots(connection, target.region, listed).find(
      (one) => one.requestId === requestId,
    );
    return found === undefined ? null : replicaDescriptionOf(target.region, found);
  };
  const made = await findLostRequest(connection, find, () =>
    requestCopy(connection, request, { requestId, tags }),
  );
  if (made.kind === 'found') return made.found;
  return {
    snapshotId: made.reply,
    replicaSetId,
    owner,
    target,
    sourceSnapshotId,
    volumeId,
    device: deviceOf(sourceSet.volumes, volumeId),
    sizeBytes,
    startedAt: clock.now(),
    state: 'pending',
    stateMessage: '',
  };
}

async function requestCopy(
  connection: Ec2Connection,
  { target, sourceSnapshotId }: ReplicaRequest,
  { requestId, tags }: { readonly requestId: string; readonly tags: readonly Tag[] },
): Promise<SnapshotId> {
  const { region, keyId } = target;
  try {
    const { SnapshotId: snapshotId = '' } = await callEc2(
      // A copy is asked for in its destination.
      { ...connection, limits: { ...connection.limits, busyAttemptsMax: 1 } },
      { operation: 'CopySnapshot', region, repetition: 'once' },
      (client, options) =>
        client.send(
          new CopySnapshotCommand({
            SourceRegion: connection.region,
            SourceSnapshotId: sourceSnapshotId,
            Description: requestTextOf(requestId),
            TagSpecifications: [tagSpecificationOf('snapshot', tags)],
            ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
          }),
          options,
        ),
    );
    return snapshotId as SnapshotId;
  } catch (error) {
    if (isNotFound(error)) throw sourceNotFound(sourceSnapshotId, error);
    if (/^InvalidParameter|KmsKey|^Invalid.*Key/.test(awsCodeOf(error))) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `${sourceSnapshotId} cannot be copied to ${region} with the key ${keyId ?? 'of the region'}`,
        { cause: error, remedy: 'Correct the region and the key of the policy.' },
      );
    }
    throw error;
  }
}

type Source = TrustedSnapshot & {
  readonly resource: Extract<TrustedSnapshot['resource'], { readonly kind: 'snapshot-set' }>;
  readonly volumeId: ReplicaSetDescription['volumeId'];
};

async function requireSource(connection: Ec2Connection, snapshotId: SnapshotId): Promise<Source> {
  const { region } = connection;
  const listed = await listSnapshotsById(connection, region, [snapshotId]);
  const [source] = trustedSnapshots(connection, region, listed);
  if (source?.resource.kind !== 'snapshot-set') throw sourceNotFound(snapshotId);
  const { resource } = source;
  return { ...source, resource, volumeId: source.volumeId as Source['volumeId'] };
}

function sourceNotFound(snapshotId: SnapshotId, cause?: unknown): SnapledgerError {
  return new SnapledgerError(
    'SNAPSHOT_NOT_FOUND',
    `there is no snapshot ${snapshotId} of this repository`,
    {
      cause,
      remedy: 'It was removed, or its tags were changed; back the instance up again.',
      details: { snapshotId },
    },
  );
}
