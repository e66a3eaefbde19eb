import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { InstanceDescription } from '../../ports/cloud/instances.ts';
import type { JobPlace } from '../../ports/job-place.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { createLocalChangedBlocks } from './changed-blocks/local-changed-blocks.ts';
import { openCloudFolders } from './cloud-folders.ts';
import { addInstance, type AddInstanceRequest } from './instances/add-instance.ts';
import { createLocalInstances, localRegion, requireInstance } from './instances/local-instances.ts';
import { changedTags, tagInstance, type TagChanges } from './instances/tag-instance.ts';
import { localCloudLimits } from './local-cloud-limits.ts';
import { ownIdentity } from '../../platform/process-identity.ts';
import { createLocalReplicas } from './replicas/local-replicas.ts';
import { finishDeletions } from './snapshots/delete-snapshot.ts';
import { createLocalSnapshotBlocks } from './snapshots/local-snapshot-blocks.ts';
import { createLocalSnapshots } from './snapshots/local-snapshots.ts';
import { createPartialNames } from './state/partial-names.ts';
import { removeResource } from './state/resource-folder.ts';
import { createLocalVolumes } from './volumes/local-volumes.ts';
import { createLocalWorkers } from './workers/local-workers.ts';

export interface LocalCloudOptions {
  /** Where its state is kept; made if it does not exist. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  /**
   * What follows `node` on a worker's command line, absolute paths only;
   * `--instance <the worker's folder>` comes after it.
   */
  readonly workerProgram: readonly string[];
  /** What a worker gets of an environment, besides the search path; default: nothing. */
  readonly workerEnvironment?: Readonly<Record<string, string>>;
  /** How many workers may run at once; default: 64. */
  readonly workersMax?: number;
  /** Where disks are read for snapshots and replicas; default: on threads. */
  readonly scansOn?: JobPlace;
}

/**
 * A cloud on this machine: instances are sets of disk images, snapshots are copies of them, a
 * worker is a child process. Its instances are in the region `local`; copies of snapshots can be made
 * in any other, each a folder of its own that exists from its first copy on.
 *
 * Several processes of one machine (and of one PID namespace) may have the same folder open.
 */
export interface LocalCloud extends Cloud {
  /** @see addInstance for what it throws */
  addInstance(request: AddInstanceRequest): Promise<InstanceDescription>;
  /**
   * The tags that an instance would have: null takes one away, the others stay.
   *
   * @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT
   */
  taggedInstance(instanceId: InstanceId, changes: TagChanges): Promise<SelectableInstance>;
  /**
   * Changes tags of an instance: null takes one away, the others stay as they are.
   *
   * @throws UNKNOWN_INSTANCE, INVALID_ARGUMENT
   */
  tagInstance(instanceId: InstanceId, changes: TagChanges): Promise<InstanceDescription>;
  /**
   * Forgets an instance. Its disks are not touched, and its snapshots stay; added anew it gets
   * new volumes, which have no history.
   *
   * @throws UNKNOWN_INSTANCE
   */
  removeInstance(instanceId: InstanceId): Promise<void>;
}

/**
 * Opens a local cloud, and clears away what processes that died have left unfinished in it.
 *
 * @throws INVALID_ARGUMENT, CLOUD_STATE_CORRUPT, STORE_FULL, STORE_UNAVAILABLE
 */
export async function openLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const { clock, random, workerProgram, workerEnvironment = {} } = options;
  const { workersMax = localCloudLimits.workersMaxDefault, scansOn = 'threads' } = options;
  if (workerProgram.length === 0) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'a local cloud needs a program for its workers');
  }
  if (process.platform !== 'linux') {
    throw new SnapledgerError('INVALID_ARGUMENT', 'a local cloud needs Linux, with /proc mounted', {
      remedy: 'Use snapledger on a Linux machine.',
    });
  }
  const partials = createPartialNames(ownIdentity(), random);
  const folders = await openCloudFolders(options.folder, partials);
  const context = { folders, clock, random, partials, scansOn };
  await finishDeletions(context);
  const instances = createLocalInstances(context);
  const workers = createLocalWorkers(context, { workerProgram, workerEnvironment, workersMax });
  return {
    region: localRegion,
    instances,
    snapshots: createLocalSnapshots(context),
    replicas: createLocalReplicas(context),
    changedBlocks: createLocalChangedBlocks(context),
    snapshotBlocks: createLocalSnapshotBlocks(context),
    volumes: createLocalVolumes(context, workers),
    workers,
    volumeRestores: null,
    instanceRestores: null,
    inAccount: null,
    volumeExchanges: null,
    async addInstance(request) {
      const { instanceId } = await addInstance(context, request);
      return instances.describe(instanceId);
    },
    async taggedInstance(instanceId, changes) {
      return { instanceId, tags: await changedTags(context, instanceId, changes) };
    },
    async tagInstance(instanceId, changes) {
      await tagInstance(context, instanceId, changes);
      return instances.describe(instanceId);
    },
    async removeInstance(instanceId) {
      await requireInstance(context, instanceId);
      await removeResource({ parent: folders.instances, name: instanceId }, partials);
    },
  };
}
