import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName, InstanceId, Region, VolumeId } from '../../domain/identifiers.ts';
import { type CloudPlace, isSamePlace, placeInWords } from '../../domain/policy/cloud-place.ts';
import type { ExchangedVolume } from '../../domain/restore-session/volume-exchange.ts';
import type { VolumePlace } from '../../domain/restore-session/volume-place.ts';
import type { ResourceOwner } from '../../ports/cloud/resource-owner.ts';
import type { OriginalInstance, VolumeExchanges } from '../../ports/cloud/volume-exchanges.ts';
import type { VolumePerformance } from '../../ports/cloud/volume-restores.ts';
import type { OriginalTarget } from '../engine-requests.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { ToOriginal } from './restore-original.ts';

export interface OriginalPlanning {
  readonly engine: EngineContext;
  readonly owner: ResourceOwner;
  /** Where what is restored is, or is written. */
  readonly from: CloudPlace;
  readonly target: OriginalTarget;
  /** Throws while anything else works on the instance. */
  readonly requireAlone: () => Promise<void>;
}

interface SourceVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
}

/** Makes the volumes of one place; checks before that it can. */
export type MakeOf<Volume> = (
  volume: Volume,
  place: VolumePlace,
  performance: VolumePerformance | undefined,
) => Promise<ToOriginal['makes'][number]>;

/**
 * @throws UNKNOWN_INSTANCE, INSTANCE_RUNNING, INSTANCE_BUSY; INVALID_ARGUMENT also for what the instance has
 *   at a device that is not what was backed up there
 */
export async function originalOf<Volume extends SourceVolume>(
  { engine, owner, from, target, requireAlone }: OriginalPlanning,
  volumes: readonly Volume[],
  makeOf: MakeOf<Volume>,
): Promise<ToOriginal> {
  const exchanges = exchangesOf(engine);
  const { region } = engine.cloud;
  requireHome(owner.instanceId, region, from);
  await requireAlone();
  const found = await exchanges.look(owner.instanceId);
  requireStandstill(found, target.running);
  const makes: ToOriginal['makes'][number][] = [];
  for (const volume of volumes) {
    requireSamePlace(found, volume);
    const place = placeFor(found, volume.device, target);
    makes.push(await makeOf(volume, place, performanceFor(found, volume.device, target)));
  }
  return {
    exchanges,
    owner,
    region,
    makes,
    requireAlone,
    async plan(placed) {
      const now = await exchanges.look(owner.instanceId);
      const instanceWas = requireStandstill(now, target.running);
      const exchanged = volumes.map(({ device }): ExchangedVolume => {
        const there = now.volumes.find((one) => one.device === device);
        return {
          device,
          kept: there?.volumeId ?? null,
          placed: placed.get(device) ?? null,
          onTermination: there?.onTermination ?? 'keep',
        };
      });
      return { region, instanceWas, volumes: exchanged, undoes: null };
    },
  };
}

/** @throws INVALID_ARGUMENT */
export function exchangesOf({ cloud }: EngineContext): VolumeExchanges {
  if (cloud.volumeExchanges !== null) return cloud.volumeExchanges;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    'this cloud cannot tell whether a machine uses the disks of an instance, and exchanges none',
    {
      remedy:
        "Restore a point to images ('--to FOLDER'), and put them in the place of the others while the machine is off.",
    },
  );
}

/**
 * @returns how it stands
 * @throws INSTANCE_RUNNING unless it may be stopped; INVALID_ARGUMENT for one that must not be
 */
export function requireStandstill(
  { instanceId, state, obstacle }: OriginalInstance,
  running: OriginalTarget['running'],
): 'running' | 'stopped' {
  if (obstacle !== null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the volumes of instance '${instanceId}' are not exchanged: ${obstacle}`,
      { remedy: "Restore to a new instance ('--to-instance') or to volumes ('--to-volumes')." },
    );
  }
  if (state === 'stopped') return state;
  if (state === 'running' && running === 'stop') return state;
  throw new SnapledgerError(
    'INSTANCE_RUNNING',
    state === 'running'
      ? `instance '${instanceId}' runs, and its volumes can be exchanged only while it is stopped`
      : `instance '${instanceId}' is neither running nor stopped yet`,
    {
      remedy:
        state === 'running'
          ? "Stop it yourself, or say that it may be stopped and started again ('--stop')."
          : 'Wait until it is, and ask again.',
    },
  );
}

function requireHome(instanceId: InstanceId, home: Region, from: CloudPlace): void {
  if (isSamePlace(from, { region: home, account: null })) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `what is to be restored is in ${placeInWords(from)}, and instance '${instanceId}' in ${home}`,
    { remedy: "Restore it to an instance there ('--to-instance'), or restore a set or a point." },
  );
}

/**
 * A volume that has moved to another device is not replaced by what was backed up of it, nor is what is there
 * now; nor is one that other instances use, which would go on with it.
 */
function requireSamePlace({ volumes }: OriginalInstance, { volumeId, device }: SourceVolume): void {
  const there = volumes.find((one) => one.device === device);
  if (there !== undefined && there.sharedWith.length > 0) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `volume ${there.volumeId} (${device}) is attached to ${there.sharedWith.join(', ')} as well`,
      { remedy: "Detach it there, or restore to volumes ('--to-volumes')." },
    );
  }
  const elsewhere = volumes.find((one) => one.volumeId === volumeId && one.device !== device);
  if (elsewhere === undefined) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `volume ${volumeId} was backed up as ${device}, and is attached as ${elsewhere.device} now`,
    { remedy: "Attach it as before, or restore to volumes ('--to-volumes')." },
  );
}

/** A new volume is like the one that gives way to it, where nothing else is said. */
function placeFor(
  { region, availabilityZone, volumes }: OriginalInstance,
  device: DeviceName,
  { volumeType, keyId }: OriginalTarget,
): VolumePlace {
  const there = volumes.find((one) => one.device === device);
  return {
    region,
    availabilityZone,
    volumeType: volumeType ?? there?.volumeType ?? 'gp3',
    keyId: keyId ?? there?.keyId ?? null,
  };
}

/** Where another type is said, or the same one, it begins with what it begins with. */
function performanceFor(
  { volumes }: OriginalInstance,
  device: DeviceName,
  { volumeType }: OriginalTarget,
): VolumePerformance | undefined {
  const there = volumes.find((one) => one.device === device);
  // Of the types that are made only this one can be asked for more.
  return volumeType === undefined && there?.volumeType === 'gp3' ? there.performance : undefined;
}
