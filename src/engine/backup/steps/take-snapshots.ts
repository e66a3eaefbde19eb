import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import { workingPolicy } from '../../../domain/backup-session/working-policy.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotSetId, TimestampMs } from '../../../domain/identifiers.ts';
import type { BackedUpVolume } from '../../../domain/backup-session/backup-events.ts';
import type { SnapshotDescription } from '../../../ports/cloud/snapshots.ts';
import { isWhole, momentsOf, type SetMoment } from '../set-moments.ts';
import { knownConfiguration } from '../known-configuration.ts';
import type { StepContext } from '../step-context.ts';

/**
 * Takes the snapshot set, unless an earlier try of this step had taken it: no cloud has a token
 * that would make the request idempotent, so what carries this session is looked up first. Of
 * several requests for the set the oldest whole one counts; the rest is left to the reconciler.
 */
export async function takeSnapshots(
  context: StepContext,
  setId: SnapshotSetId,
): Promise<BackupCommand> {
  const { engine, session } = context;
  const { sessionId, instanceId, instance, policy } = session;
  assert(instance !== null, 'snapshots are taken of an inspected instance');
  const found = momentsOf(await findSet(context, setId));
  const volumeIds = instance.volumes.map(({ volumeId }) => volumeId);
  const whole = found.find((moment) => isWhole(moment, volumeIds));
  if (found.length > 0 && whole === undefined) {
    // A cloud makes a set as a whole, but may show its parts one after the other.
    throw new SnapledgerError(
      'SNAPSHOT_FAILED',
      `of snapshot set ${setId} only ${mostOf(found)} of ${volumeIds.length} snapshots are found`,
      { retry: 'retryable', remedy: `Run 'snapledger backup ${instanceId}' again.` },
    );
  }
  const taken =
    whole ??
    (await engine.cloud.snapshots.createSet(
      {
        setId,
        owner: { sessionId, instanceId },
        instanceId,
        volumes: instance.volumes.map(({ volumeId, device }) => ({ volumeId, device })),
        policyId: policy?.policyId ?? null,
        volumeTags: workingPolicy(session).snapshots.volumeTags,
        configuration: knownConfiguration(session),
      },
      { signal: context.signal, ...progressOf(context) },
    ));
  const [shorter] = shorterOf(instance.volumes, taken);
  if (shorter !== undefined) throw becameShorter(shorter);
  return recordSnapshots(taken);
}

function progressOf({ onProgress }: StepContext): Pick<StepContext, 'onProgress'> {
  return onProgress === undefined ? {} : { onProgress };
}

interface ShorterVolume {
  readonly volume: BackedUpVolume;
  readonly snapshot: SnapshotDescription;
}

/**
 * No disk of a cloud shrinks. One that did between its inspection and its snapshot is not whole, and
 * a point of it would pass for the disk.
 */
function shorterOf(
  volumes: readonly BackedUpVolume[],
  taken: readonly SnapshotDescription[],
): readonly ShorterVolume[] {
  return volumes.flatMap((volume) => {
    const snapshot = taken.find(({ volumeId }) => volumeId === volume.volumeId);
    return snapshot !== undefined && snapshot.sizeBytes < volume.sizeBytes
      ? [{ volume, snapshot }]
      : [];
  });
}

function becameShorter({ volume, snapshot }: ShorterVolume): SnapledgerError {
  return new SnapledgerError(
    'DISK_CHANGED',
    `${volume.device} became shorter while its snapshot was taken: ` +
      `from ${volume.sizeBytes} bytes to ${snapshot.sizeBytes}`,
    {
      remedy: 'Bring the disk back to its size, or, if that is its size now, run the backup again.',
    },
  );
}

/**
 * The session is ending: lists what was taken, or states that nothing was. A set that lacks the end of
 * a disk is no set, and is removed. What other requests for the set have made is not recorded, so that
 * the reconciler removes it.
 */
export async function settleSnapshots(
  context: StepContext,
  setId: SnapshotSetId,
): Promise<BackupCommand> {
  const found = momentsOf(await findSet(context, setId));
  const volumes = context.session.instance?.volumes ?? [];
  const volumeIds = volumes.map(({ volumeId }) => volumeId);
  const taken = found.find((moment) => isWhole(moment, volumeIds)) ?? found[0];
  if (taken === undefined) return { type: 'AbandonSnapshots' };
  const shorter = new Set(shorterOf(volumes, taken).map(({ snapshot }) => snapshot));
  if (shorter.size === 0) return recordSnapshots(taken);
  // Those that tell that the set is none come last: whoever repeats this has to find it out again.
  const others = taken.filter((snapshot) => !shorter.has(snapshot));
  for (const { snapshotId } of [...others, ...shorter]) {
    await context.engine.cloud.snapshots.delete(snapshotId);
  }
  return { type: 'AbandonSnapshots' };
}

function mostOf(found: readonly SetMoment[]): number {
  return Math.max(...found.map((moment) => moment.length));
}

async function findSet(
  { engine, session }: StepContext,
  setId: SnapshotSetId,
): Promise<readonly SnapshotDescription[]> {
  const { sessionId } = session;
  const ofSession = await engine.cloud.snapshots.find({ sessionId });
  return ofSession.filter((snapshot) => snapshot.setId === setId);
}

function recordSnapshots(descriptions: readonly SnapshotDescription[]): BackupCommand {
  const takenAt = Math.min(...descriptions.map(({ startedAt }) => startedAt)) as TimestampMs;
  const snapshots = descriptions
    .map(({ snapshotId, volumeId, device, sizeBytes }) => ({
      snapshotId,
      volumeId,
      device,
      sizeBytes,
    }))
    .sort((a, b) => (a.device < b.device ? -1 : 1));
  return { type: 'RecordSnapshots', takenAt, snapshots };
}
