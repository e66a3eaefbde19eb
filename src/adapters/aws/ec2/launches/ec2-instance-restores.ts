import type { Problem } from '../../../../domain/backup-session/backup-events.ts';
import { assert } from '../../../../domain/errors/assert.ts';
import { isSnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../../domain/identifiers.ts';
import type {
  InstanceRestores,
  LaunchedInstance,
  LaunchSnapshot,
  SnapshotLaunches,
} from '../../../../ports/cloud/instance-restores.ts';
import type { ResourceOwner } from '../../../../ports/cloud/resource-owner.ts';
import type { EbsConnection } from '../../ebs/ebs-connection.ts';
import type { Ec2Connection } from '../ec2-connection.ts';
import { RecentlyMade } from '../recently-made.ts';
import { createTarget } from '../restores/snapshot-writer.ts';
import { type Made, removeMade } from '../restores/remove-made.ts';
import { awaitSourceSnapshot, useFailure } from '../restores/snapshot-volume.ts';
import { type Ec2Launch, planLaunch } from './plan-launch.ts';
import { registerImage } from './restore-image.ts';
import { checkTagCount, runRestored } from './run-restored.ts';

/**
 * Instances of restores: an image is registered of the snapshot of the root, the instance launched of it
 * with all its volumes, and the image deregistered. So the instance never boots another system, and has
 * its volumes when it boots.
 */
export function createEc2InstanceRestores(
  connection: Ec2Connection,
  ebsOf: (region: Region) => EbsConnection,
): InstanceRestores {
  return {
    ...createEc2Launches(connection),
    snapshotTarget: (owner, { region, keyId }, source) =>
      createTarget(
        { connection: { ...connection, region }, ebs: ebsOf(region) },
        { owner, keyId, source, place: null },
      ),
  };
}

/** Instances of snapshots, in the account of the connection. */
export function createEc2Launches(connection: Ec2Connection): SnapshotLaunches {
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous
    async plan(request) {
      const { owner, region } = request;
      const launch = planLaunch(request, connection.account === null ? connection.region : null);
      const there = { ...connection, region };
      checkTagCount(there, launch, owner);
      return {
        region,
        configuration: { ...launch },
        launch: (snapshots, signal) => launchOf(there, { launch, owner, snapshots, signal }),
      };
    },
  };
}

interface Launching {
  readonly launch: Ec2Launch;
  readonly owner: ResourceOwner;
  readonly snapshots: readonly LaunchSnapshot[];
  readonly signal: AbortSignal;
}

async function launchOf(
  connection: Ec2Connection,
  { launch, owner, snapshots, signal }: Launching,
): Promise<LaunchedInstance> {
  const rootVolume = launch.volumes.find(({ device }) => device === launch.rootDevice);
  const root = snapshots.find(({ device }) => device === rootVolume?.source);
  assert(root !== undefined, 'a launch has a snapshot of its root');
  const { clock, limits } = connection;
  const recent = new RecentlyMade<Made['type']>(clock, limits.appearanceMs);
  const made: Made[] = [];
  const note = (type: Made['type'], resourceId: string): void => {
    made.push({ type, resourceId });
    recent.add(resourceId, type);
  };
  const remove = async (one: Made): Promise<void> => {
    await removeMade(connection, one, () => recent.has(one.resourceId));
  };
  try {
    for (const { snapshotId } of snapshots) {
      await awaitSourceSnapshot(connection, snapshotId, signal);
    }
    const imageId = await registerImage(
      connection,
      launch,
      { owner, rootSnapshotId: root.snapshotId },
      (registered) => {
        note('image', registered);
      },
      signal,
    );
    const launched = await runRestored(connection, launch, {
      owner,
      imageId,
      snapshots,
      onCreated: (instanceId) => {
        note('instance', instanceId);
      },
      signal,
    });
    return { ...launched, leftOver: await leftOverOf(imageId, connection.region, remove) };
  } catch (error) {
    // What went wrong first is what counts; what stays is found by its tags.
    for (const one of made.toReversed()) await Promise.allSettled([remove(one)]);
    const snapshotIds = snapshots.map(({ snapshotId }) => snapshotId);
    throw useFailure(error, snapshotIds, connection.region);
  }
}

/** The instance runs: it does not go because of the image that it was launched of. */
async function leftOverOf(
  imageId: string,
  region: Region,
  remove: (one: Made) => Promise<void>,
): Promise<readonly Problem[]> {
  try {
    await remove({ type: 'image', resourceId: imageId });
    return [];
  } catch (error) {
    const [code, why] = isSnapledgerError(error)
      ? [error.code, error.message]
      : (['INTERNAL', 'an unexpected error'] as const);
    return [
      {
        code,
        message: `image ${imageId} in ${region}, which it was launched of, could not be deregistered: ${why}`,
      },
    ];
  }
}
