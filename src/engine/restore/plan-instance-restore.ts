import { adoptedItem } from '../../domain/adoption/adopted-item.ts';
import { assert } from '../../domain/errors/assert.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../domain/identifiers.ts';
import { knownOr } from '../../domain/sensitive/sensitive.ts';
import type { PointReader, PointVolume } from '../../format/restore-point.ts';
import type { CloudAccount } from '../../ports/cloud/cloud.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import { backupAggregate } from '../backup/backup-aggregate.ts';
import type { InstanceTarget } from '../engine-requests.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import { problemOf } from '../problem-of.ts';
import { withRetries } from '../retry/with-retries.ts';
import type { RestoreRegion } from './remove-restored.ts';
import type { RestoredSnapshot, StepOptions, ToInstance } from './restore-steps.ts';
import { restoreVolume } from './restore-volume.ts';
import type { SnapshotSource, SnapshotVolume } from './snapshot-source.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';

export interface InstancePlanning {
  readonly engine: EngineContext;
  readonly owner: ResourceOwner;
  readonly place: RestoreRegion;
  readonly target: InstanceTarget;
}

/** @throws INVALID_ARGUMENT */
export async function instanceOfPoint(
  { engine, owner, place, target }: InstancePlanning,
  reader: PointReader,
  volumes: readonly PointVolume[],
): Promise<ToInstance> {
  const launches = launchesOf(engine.cloud);
  const { configuration } = reader.manifest;
  const { region } = place;
  const { unencrypted = 'refuse' } = target;
  const launch = await launches.plan({ owner, configuration, region, wishes: target, volumes });
  const written = { region, keyId: target.keyId };
  const images = launches.snapshotTarget(owner, written, { configuration, unencrypted });
  await images.check(volumes);
  return {
    launch,
    obtain: (options) => writeSnapshots(reader, volumes, images, options),
    discard: (snapshots) => discardSnapshots(engine, place, snapshots),
  };
}

/**
 * @param account that the snapshots are in, and the instance is to be
 * @throws INVALID_ARGUMENT
 */
export async function instanceOfSnapshots(
  { owner, place, target }: Omit<InstancePlanning, 'engine'>,
  account: CloudAccount,
  ledger: Ledger,
  source: SnapshotSource,
  volumes: readonly SnapshotVolume[],
  requireSource: () => Promise<unknown>,
): Promise<ToInstance> {
  const { state } = await ledger.load(sessionStream(source.describedBy), backupAggregate);
  assert(state.status !== 'not-started', 'what describes a set has begun');
  const described = adoptedItem(state.adopted, source.item.id) ?? state.instance;
  const configuration = described === null ? null : knownOr(described.configuration, null);
  const { region } = place;
  const launch = await launchesOf(account).plan({
    owner,
    configuration,
    region,
    wishes: target,
    volumes,
  });
  return {
    launch,
    obtain: async () => {
      await requireSource();
      return volumes.map((volume) => ({ ...volume, bytesWritten: 0 }));
    },
    discard: () => Promise.resolve([]),
  };
}

function launchesOf<Launches>({
  instanceRestores,
}: {
  readonly instanceRestores: Launches | null;
}): Launches {
  if (instanceRestores !== null) return instanceRestores;
  throw new SnapledgerError('INVALID_ARGUMENT', 'this cloud launches no instances in restores', {
    remedy: "Restore a point to images ('--to FOLDER').",
  });
}

async function writeSnapshots(
  reader: PointReader,
  volumes: readonly PointVolume[],
  images: ImageTarget,
  options: StepOptions,
): Promise<readonly RestoredSnapshot[]> {
  const written: RestoredSnapshot[] = [];
  for (const volume of volumes) {
    options.signal.throwIfAborted();
    const { volumeId, device, sizeBytes } = volume;
    const { resourceId, bytesWritten } = await restoreVolume(reader, volume, images, options);
    assert(resourceId !== null, 'a snapshot in the cloud has an id');
    const snapshotId = resourceId as SnapshotId;
    written.push({ volumeId, device, sizeBytes, snapshotId, bytesWritten });
  }
  return written;
}

/** What the instance needs no more. It runs, and does not go because of one that stays; that keeps no other. */
export async function discardSnapshots(
  { clock, random, limits }: Pick<EngineContext, 'clock' | 'random' | 'limits'>,
  { restores, region }: RestoreRegion,
  snapshots: readonly RestoredSnapshot[],
): Promise<readonly Problem[]> {
  const retry = { policy: limits.retry, clock, random };
  const left: Problem[] = [];
  for (const { snapshotId: resourceId } of snapshots) {
    try {
      await withRetries(() => restores.remove(region, { type: 'snapshot', resourceId }), retry);
    } catch (error) {
      const { code, message } = problemOf(error);
      left.push({
        code,
        message: `snapshot ${resourceId} in ${region}, which it was launched of, could not be removed: ${message}`,
      });
    }
  }
  return left;
}
