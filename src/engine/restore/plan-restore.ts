import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, Region, SessionId, VolumeId } from '../../domain/identifiers.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { RestoreSource, VolumePerformance } from '../../ports/cloud/volume-restores.ts';
import type { ImageTarget } from '../../ports/image-target.ts';
import type {
  InstanceTarget,
  OriginalTarget,
  PointRestoreRequest,
  RestoreRequest,
  SnapshotRestoreRequest,
  VolumesTarget,
} from '../engine-requests.ts';
import { accountIn } from '../cloud-account.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PointRecords } from '../point/missing-points.ts';
import { openPoint } from '../point/open-point.ts';
import { chooseVolumes, volumesOfPoint } from './choose-volumes.ts';
import { instanceOfPoint, instanceOfSnapshots } from './plan-instance-restore.ts';
import { originalOf } from './plan-original-restore.ts';
import type { RestoreRegion } from './remove-restored.ts';
import { restoreOriginal } from './restore-original.ts';
import {
  restoreInstance,
  restorePointVolumes,
  restoreSnapshotVolumes,
  type RestoreSteps,
  type StepOptions,
} from './restore-steps.ts';
import { snapshotSource } from './snapshot-source.ts';

/** A restore that was asked for, looked at and found possible; nothing of it has begun. */
export interface PlannedRestore {
  readonly instanceId: InstanceId;
  readonly source: ItemRef;
  readonly volumeIds: readonly VolumeId[];
  /** Where it makes something in the cloud; null: it does not. */
  readonly region: RestoreRegion | null;
  readonly steps: (options: StepOptions) => RestoreSteps;
}

export interface PlanningContext {
  readonly engine: EngineContext;
  readonly records: PointRecords;
  readonly sessionId: SessionId;
  /** Throws while anything but this owner works on the volumes of its instance. */
  readonly requireAlone: (owner: ResourceOwner) => Promise<void>;
}

/**
 * @throws UNKNOWN_POINT, POINT_MISSING, UNKNOWN_ITEM, ITEM_BEING_REMOVED, UNKNOWN_VOLUME, TARGET_EXISTS,
 *   INVALID_ARGUMENT; for the original place UNKNOWN_INSTANCE, INSTANCE_RUNNING, INSTANCE_BUSY
 */
export function planRestore(
  context: PlanningContext,
  request: RestoreRequest,
): Promise<PlannedRestore> {
  return 'pointId' in request ? planOfPoint(context, request) : planOfSnapshots(context, request);
}

async function planOfPoint(
  context: PlanningContext,
  { pointId, volumeIds, target }: PointRestoreRequest,
): Promise<PlannedRestore> {
  const { engine, sessionId } = context;
  const repository = await engine.repository();
  const reader = await openPoint(context.records, repository, pointId);
  const { instanceId, configuration } = reader.manifest;
  const volumes = chooseVolumes(volumesOfPoint(reader.manifest), volumeIds);
  const planned = {
    instanceId,
    source: { kind: 'restore-point', id: pointId },
    volumeIds: volumes.map(({ volumeId }) => volumeId),
  } as const;
  if (!('kind' in target)) {
    await target.check(volumes);
    const work = { reader, volumes, images: target, place: null };
    return { ...planned, region: null, steps: (options) => restorePointVolumes(work, options) };
  }
  const restores = restoresOf(engine.cloud);
  const region = regionOf(target, engine.cloud.region);
  const made = { restores, region };
  const owner = { sessionId, instanceId };
  if (target.kind === 'instance') {
    const planning = { engine, owner, place: made, target };
    const work = await instanceOfPoint(planning, reader, volumes);
    return { ...planned, region: made, steps: (options) => restoreInstance(work, options) };
  }
  const { unencrypted = 'refuse' } = target;
  const imagesAt = (place: VolumePlace, performance?: VolumePerformance): ImageTarget => {
    const known: RestoreSource = { configuration, unencrypted };
    return restores.target(
      owner,
      place,
      performance === undefined ? known : { ...known, performance },
    );
  };
  if (target.kind === 'original') {
    const requireAlone = (): Promise<void> => context.requireAlone(owner);
    const planning = {
      engine,
      owner,
      from: { region, account: null },
      target,
      requireAlone,
    };
    const work = await originalOf(planning, volumes, async (volume, place, performance) => {
      const images = imagesAt(place, performance);
      await images.check([volume]);
      return (options) =>
        restorePointVolumes({ reader, volumes: [volume], images, place }, options);
    });
    return { ...planned, region: made, steps: (options) => restoreOriginal(work, options) };
  }
  const place = placeOf(target, region);
  const images = imagesAt(place);
  await images.check(volumes);
  const work = { reader, volumes, images, place };
  return { ...planned, region: made, steps: (options) => restorePointVolumes(work, options) };
}

async function planOfSnapshots(
  context: PlanningContext,
  { instanceId, item, volumeIds, target }: SnapshotRestoreRequest,
): Promise<PlannedRestore> {
  const { engine, sessionId } = context;
  const { ledger } = context.records;
  const source = await snapshotSource(ledger, instanceId, item);
  const { region } = source.place;
  requireHere(target, item, region);
  const account = accountIn(engine.cloud, source.place.account);
  const restores = restoresOf(account);
  const choice = { what: `${item.kind} ${item.id}`, volumes: source.volumes };
  const volumes = chooseVolumes(choice, volumeIds);
  const made = { restores, region };
  const owner = { sessionId, instanceId };
  const requireSource = (): Promise<unknown> => snapshotSource(ledger, instanceId, item);
  const planned = {
    instanceId,
    source: item,
    volumeIds: volumes.map(({ volumeId }) => volumeId),
    region: made,
  };
  if (target.kind === 'instance') {
    const planning = { owner, place: made, target };
    const work = await instanceOfSnapshots(
      planning,
      account,
      ledger,
      source,
      volumes,
      requireSource,
    );
    return { ...planned, steps: (options) => restoreInstance(work, options) };
  }
  if (target.kind === 'original') {
    const requireAlone = (): Promise<void> => context.requireAlone(owner);
    const planning = { engine, owner, from: source.place, target, requireAlone };
    const work = await originalOf(planning, volumes, async (volume, place, performance) => {
      await restores.checkPlace(place, [volume]);
      const made = { volumes: [volume], owner, restores, place, requireSource };
      const work = performance === undefined ? made : { ...made, performance };
      return (options) => restoreSnapshotVolumes(work, options);
    });
    return { ...planned, steps: (options) => restoreOriginal(work, options) };
  }
  const place = placeOf(target, region);
  await restores.checkPlace(place, volumes);
  const work = { volumes, owner, restores, place, requireSource };
  return { ...planned, steps: (options) => restoreSnapshotVolumes(work, options) };
}

function regionOf(target: VolumesTarget | InstanceTarget | OriginalTarget, home: Region): Region {
  return target.kind === 'original' ? home : (target.region ?? home);
}

/** Volumes are made of a snapshot where it is. @throws INVALID_ARGUMENT */
function requireHere(
  target: VolumesTarget | InstanceTarget | OriginalTarget,
  { kind, id }: ItemRef,
  region: Region,
): void {
  const wanted = regionOf(target, region);
  if (wanted === region) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${kind} ${id} is in ${region}, and cannot be restored in ${wanted}`,
    { remedy: `Restore it in ${region}, or restore a point, which can be restored anywhere.` },
  );
}

function placeOf(
  { availabilityZone, volumeType, keyId }: VolumesTarget,
  region: Region,
): VolumePlace {
  return { region, availabilityZone, volumeType, keyId };
}

function restoresOf<Restores>({
  volumeRestores,
}: {
  readonly volumeRestores: Restores | null;
}): Restores {
  if (volumeRestores !== null) return volumeRestores;
  throw new SnapledgerError('INVALID_ARGUMENT', 'this cloud makes no volumes in restores', {
    remedy: "Restore a point to images ('--to FOLDER').",
  });
}
