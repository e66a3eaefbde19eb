import { CopySnapshotCommand } from '@aws-sdk/client-ec2';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../domain/identifiers.ts';
import { accountIdOf } from '../../../../domain/policy/account-role.ts';
import { placeInWords } from '../../../../domain/policy/cloud-place.ts';
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
import { untilAccepted } from '../until-accepted.ts';
import { whenCompleted } from '../when-completed.ts';
import { replicaDescriptionOf } from './replica-description.ts';
import { shareSnapshot } from './share-snapshot.ts';

/**
 * Begins to copy a snapshot. There is no client token for it: when the reply is lost, the copy is
 * looked for by the request's own nonce, whatever the signal says: what it made would be nobody's. Another
 * account than that of the snapshot may read it from then on.
 *
 * @param home where the snapshot is
 * @param connection the account of the target
 * @throws SNAPSHOT_NOT_FOUND, INVALID_ARGUMENT; the signal's reason, and then no copy was begun
 */
export async function copySnapshot(
  home: Ec2Connection,
  connection: Ec2Connection,
  request: ReplicaRequest,
  signal?: AbortSignal,
): Promise<ReplicaDescription> {
  const { keys, clock, random } = connection;
  const { replicaSetId, owner, target, sourceSnapshotId } = request;
  const { account } = target;
  const source = await requireSource(home, sourceSnapshotId);
  const { resource: sourceSet, volumeId, sizeBytes, ownerId } = source;
  const isForeign = account !== null && accountIdOf(account) !== ownerId;
  // Nobody else is to be shown what nobody wants copied any more.
  signal?.throwIfAborted();
  if (isForeign) await shareSnapshot(home, sourceSnapshotId, account);
  const requestNonce = random.bytes(nonceSizeBytes);
  const description: ReplicaSetDescription = {
    kind: 'replica',
    owner,
    requestedAt: clock.now(),
    replicaSetId,
    region: target.region,
    keyId: target.keyId,
    account,
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
  const between = { home, connection, sharing: isForeign ? 'just-shared' : 'own', signal } as const;
  const made = await findLostRequest(connection, find, () =>
    whenCompleted(connection, () => requestCopy(between, request, { requestId, tags }), signal),
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

interface CopyBetween {
  readonly home: Ec2Connection;
  readonly connection: Ec2Connection;
  /** Whether the account has only now been given the source to read. */
  readonly sharing: 'own' | 'just-shared';
  readonly signal: AbortSignal | undefined;
}

async function requestCopy(
  { home, connection, sharing, signal }: CopyBetween,
  { target, sourceSnapshotId }: ReplicaRequest,
  { requestId, tags }: { readonly requestId: string; readonly tags: readonly Tag[] },
): Promise<SnapshotId> {
  const { region, keyId } = target;
  const send = async (): Promise<SnapshotId> => {
    const { SnapshotId: snapshotId = '' } = await callEc2(
      // A copy is asked for in its destination.
      { ...connection, limits: { ...connection.limits, busyAttemptsMax: 1 } },
      {
        operation: 'CopySnapshot',
        region,
        repetition: 'once',
        ...(signal === undefined ? {} : { signal }),
      },
      (client, options) =>
        client.send(
          new CopySnapshotCommand({
            SourceRegion: home.region,
            SourceSnapshotId: sourceSnapshotId,
            Description: requestTextOf(requestId),
            TagSpecifications: [tagSpecificationOf('snapshot', tags)],
            ...(keyId === null ? {} : { Encrypted: true, KmsKeyId: keyId }),
          }),
          options,
        ),
    );
    return snapshotId as SnapshotId;
  };
  try {
    return sharing === 'own' ? await send() : await sendOnceSeen(connection, send, signal);
  } catch (error) {
    if (isNotFound(error)) throw sourceNotFound(sourceSnapshotId, error);
    if (/^InvalidParameter|KmsKey|^Invalid.*Key/.test(awsCodeOf(error))) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `${sourceSnapshotId} cannot be copied to ${placeInWords(target)} with the key ${keyId ?? 'of the region'}`,
        { cause: error, remedy: 'Correct the region and the key of the policy.' },
      );
    }
    throw error;
  }
}

/** What was shared a moment ago the other account may not see yet: EC2 is eventually consistent. */
function sendOnceSeen<Reply>(
  connection: Ec2Connection,
  send: () => Promise<Reply>,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const patienceMs = connection.limits.sharedAppearanceMs;
  return untilAccepted(connection, { isPassing: isNotFound, patienceMs }, send, signal);
}

type Source = TrustedSnapshot & {
  readonly resource: Extract<TrustedSnapshot['resource'], { readonly kind: 'snapshot-set' }>;
  readonly volumeId: ReplicaSetDescription['volumeId'];
};

async function requireSource(home: Ec2Connection, snapshotId: SnapshotId): Promise<Source> {
  const { region } = home;
  const listed = await listSnapshotsById(home, region, [snapshotId]);
  const [source] = trustedSnapshots(home, region, listed);
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
