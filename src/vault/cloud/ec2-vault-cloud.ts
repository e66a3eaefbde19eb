import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import type {
  BootArchive,
  WorkerSettings,
} from '../../adapters/aws/ec2/workers/worker-settings.ts';
import type { Repository } from '../../format/repository.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { S3Location } from '../../ports/object-store-location.ts';
import { makeOnce } from '../make-once.ts';
import { deferredCloud } from './deferred-cloud.ts';
import type { Ec2Setting, Ec2WorkerSetting } from './ec2-setting.ts';
import { keepWorkerArchive, workerArchiveKey } from './worker-archives.ts';
import { readWorkerBundle } from './worker-bundle.ts';

export interface Ec2VaultCloudOptions {
  readonly setting: Ec2Setting;
  /** Where the repository is, and with it what workers fetch. */
  readonly location: S3Location;
  readonly objectStore: ObjectStore;
  /** The keys of the tags come from it. */
  readonly repository: () => Promise<Repository>;
}

/** A region of EC2 as the cloud of a vault. Nothing is asked of AWS before it is used. */
export async function openEc2VaultCloud(
  options: Ec2VaultCloudOptions,
): Promise<{ readonly cloud: Cloud; readonly close: () => Promise<void> }> {
  // Its clients take a while to load, which nobody has to wait for who does without.
  const { openEc2Cloud, openEc2Instances } = await import('../../adapters/aws/ec2/ec2-cloud.ts');
  const { openEbs } = await import('../../adapters/aws/ebs/ebs-connection.ts');
  const { createEbsChangedBlocks } = await import('../../adapters/aws/ebs/ebs-changed-blocks.ts');
  const { createEbsSnapshotBlocks } = await import('../../adapters/aws/ebs/ebs-snapshot-blocks.ts');
  const { region } = options.setting;
  const world = { region, clock: systemClock, random: systemRandom };
  const ebs = openEbs(world);
  const instances = openEc2Instances({ ...world, access: {} });
  const worker = await workerSettingsOf(options);
  const keyed = makeOnce(async () => {
    const repository = await options.repository();
    return openEc2Cloud({
      ...world,
      access: {},
      tagSecret: await repository.deriveTagSecret(),
      worker,
      ebs,
      changedBlocks: createEbsChangedBlocks(ebs),
      snapshotBlocks: createEbsSnapshotBlocks(ebs),
      // What is not to be trusted is told by 'reconcile'.
      onUntrusted: () => undefined,
    });
  });
  return {
    cloud: deferredCloud(region, instances, keyed.get),
    close: async () => {
      instances.close();
      ebs.close();
      (await keyed.ifMade())?.close();
    },
  };
}

async function workerSettingsOf({
  setting: { worker },
  location,
  objectStore,
}: Ec2VaultCloudOptions): Promise<WorkerSettings | null> {
  if (worker === null) return null;
  const { objectUrl } = await import('../../adapters/aws/s3/object-url.ts');
  const archiveOf = (sha256: string): BootArchive => ({
    url: objectUrl(location, workerArchiveKey(sha256)),
    sha256,
    signedIn: location.region,
  });
  const { nodeSha256, ...launched }: Ec2WorkerSetting = worker;
  const bundle = makeOnce(async () => keepWorkerArchive(objectStore, await readWorkerBundle()));
  return {
    ...launched,
    programs: async () => ({
      bundle: archiveOf(await bundle.get()),
      node: nodeSha256 === null ? null : archiveOf(nodeSha256),
    }),
  };
}
