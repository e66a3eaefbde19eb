import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEbsChangedBlocks } from '../../../../src/adapters/aws/ebs/ebs-changed-blocks.ts';
import { createEbsSnapshotBlocks } from '../../../../src/adapters/aws/ebs/ebs-snapshot-blocks.ts';
import { openEbs } from '../../../../src/adapters/aws/ebs/ebs-connection.ts';
import { type Ec2Cloud, openEc2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import { type Ec2Limits, ec2Limits } from '../../../../src/adapters/aws/ec2/ec2-limits.ts';
import type { BootArchive } from '../../../../src/adapters/aws/ec2/workers/worker-settings.ts';
import { openLocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { InstanceId, Region, TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { AccountRole } from '../../../../src/domain/policy/account-role.ts';
import type { UntrustedResource } from '../../../../src/ports/cloud/inventory.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { localEbsData } from '../ebs/ebs-data.ts';
import { createFakeEbs, type FakeEbs } from '../ebs/fake-ebs.ts';
import { FakeAws, testCredentials } from '../fake-aws.ts';
import { startFakeImds, workerCredentials } from '../imds/fake-imds.ts';
import type { FakeBucket } from '../s3/fake-bucket.ts';
import { createFakeS3 } from '../s3/fake-s3.ts';
import { sharedCompileCache } from '../../shared-compile-cache.ts';
import { ownAccountId } from '../signature/verify-signature.ts';
import { FakeSts } from '../sts/fake-sts.ts';
import { FakeEc2 } from './fake-ec2.ts';
import { ec2EbsData } from './ec2-ebs-data.ts';
import { createEc2Writes } from './ec2-writes.ts';
import type { Ec2Tag } from './ec2-resources.ts';
import { type ServedBundle, serveBundle, tinyWorkerProgram } from './worker-bundle.ts';

export const homeRegion = 'eu-test-1' as Region;
export const otherRegion = 'eu-other-2' as Region;

/** A second account, and the role by which it is entered. */
export const otherAccount: AccountRole = {
  roleArn: 'arn:aws:iam::222233334444:role/snapledger-copies',
  externalId: 'of-the-fixture',
};

/** Of the repository, unless a test brings another one. */
export const tagSecret = new Uint8Array(32).fill(9);

/** Waits that suit a fake; numbers of tries as in production, but for what waits long. */
export const fastLimits: Ec2Limits = {
  ...ec2Limits,
  firstDelayMs: 5,
  delayMaxMs: 20,
  busyDelayMs: 20,
  sharedAppearanceMs: 400,
  lostRequestMs: 400,
  pollMs: 10,
  transitionMs: 5_000,
  releaseMs: 1_000,
  copyPollMs: 20,
};

/** The adapter, on fakes of EC2 and EBS direct in a temporary folder. */
export interface Ec2Fixture extends AsyncDisposable {
  readonly cloud: Ec2Cloud;
  readonly ec2: FakeEc2;
  readonly sts: FakeSts;
  readonly aws: FakeAws;
  readonly ebs: FakeEbs;
  readonly bundle: ServedBundle;
  readonly localFolder: string;
  /** Everything that the adapter held to be untrusted so far. */
  readonly untrusted: readonly UntrustedResource[];
  /** Another process with the same repository, or with another one. */
  reopen(options?: ReopenOptions): Ec2Cloud;
  addInstance(devices: readonly FixtureDisk[], tags?: readonly Ec2Tag[]): Promise<InstanceId>;
  diskPath(instanceId: string, device: string): string;
  /** What a program of its own needs to use the account of the fake. */
  environment(): Readonly<Record<string, string>>;
}

export interface ReopenOptions {
  readonly tagSecret?: Uint8Array;
  readonly limits?: Ec2Limits;
  readonly region?: Region;
  readonly account?: AccountRole | null;
  /** How far the clock of that process is ahead of everybody else's. */
  readonly clockAheadMs?: number;
  /** An archive of Node that its workers fetch besides. */
  readonly node?: BootArchive;
}

export interface FixtureDisk {
  readonly device: string;
  readonly sizeGib: number;
  readonly tags?: readonly Ec2Tag[];
}

export interface Ec2FixtureOptions {
  /** The worker's program, as JavaScript; default: one that waits or ends, as it is told. */
  readonly workerProgram?: string;
  /** Buckets of a fake of S3 at the same endpoint. */
  readonly buckets?: readonly FakeBucket[];
  /** Of lists of EBS direct, a page; default: what is asked for. */
  readonly pageBlocks?: number;
  /** Whether the image of the workers has Node; default: it has. */
  readonly nodeOfImage?: 'there' | 'missing';
}

/**
 * What of a disk is in its image; the rest of it is a hole, which nobody may write. EBS volumes are
 * whole GiB, and to read so much costs seconds.
 */
const imageBytesPerGib = 16 * blockSizeBytes;

const machine = fileURLToPath(new URL('./boot-machine.ts', import.meta.url));

export async function openEc2Fixture({
  workerProgram = tinyWorkerProgram,
  buckets = [],
  pageBlocks,
  nodeOfImage = 'there',
}: Ec2FixtureOptions = {}): Promise<Ec2Fixture> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'snapledger-ec2-'));
  const localFolder = path.join(root, 'cloud');
  const imds = await startFakeImds();
  const local = await openLocalCloud({
    folder: localFolder,
    clock: systemClock,
    random: systemRandom,
    workerProgram: [machine],
    workerEnvironment: {
      ...sharedCompileCache(),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint,
      ...(nodeOfImage === 'there' ? {} : { IMAGE_WITHOUT_NODE: 'yes' }),
    },
  });
  const ec2 = new FakeEc2({ local, localFolder, homeRegion });
  const ebs = createFakeEbs({
    data: ec2EbsData(ec2.world, localEbsData(local, localFolder)),
    writes: createEc2Writes(ec2.world),
    ...(pageBlocks === undefined ? {} : { pageBlocks }),
  });
  const sts = new FakeSts();
  sts.roles.push({ ...otherAccount, trusts: ownAccountId });
  const aws = await FakeAws.start({
    services: [ec2, ebs, sts, createFakeS3({ buckets })],
    credentials: () => [testCredentials, workerCredentials, ...sts.credentials()],
  });
  const access = { endpoint: aws.endpoint, credentials: testCredentials };
  const ebsConnection = openEbs({
    region: homeRegion,
    clock: systemClock,
    random: systemRandom,
    ...access,
  });
  const bundle = await serveBundle(root, workerProgram);
  const untrusted: UntrustedResource[] = [];
  const opened: Ec2Cloud[] = [];
  const reopen: Ec2Fixture['reopen'] = ({
    tagSecret: secret = tagSecret,
    limits = fastLimits,
    region = homeRegion,
    account = null,
    clockAheadMs = 0,
    node = null,
  } = {}) => {
    const cloud = openEc2Cloud({
      region,
      account,
      access,
      tagSecret: secret,
      worker: {
        imageId: 'ami-0123456789abcdef0',
        instanceType: 'c7g.large',
        subnetId: 'subnet-0123456789abcdef0',
        availabilityZone: `${homeRegion}a`,
        securityGroupIds: ['sg-0123456789abcdef0'],
        instanceProfileArn: null,
        programs: () =>
          Promise.resolve({
            bundle: { url: bundle.url, sha256: bundle.sha256, signedIn: null },
            node,
          }),
      },
      changedBlocks: createEbsChangedBlocks(ebsConnection),
      ebs: ebsConnection,
      snapshotBlocks: createEbsSnapshotBlocks(ebsConnection),
      clock: {
        now: () => (systemClock.now() + clockAheadMs) as TimestampMs,
        sleep: (durationMs, signal) => systemClock.sleep(durationMs, signal),
      },
      random: systemRandom,
      onUntrusted: (resource) => untrusted.push(resource),
      limits,
    });
    opened.push(cloud);
    return cloud;
  };
  const disks = new Map<string, string>();
  return {
    cloud: reopen(),
    ec2,
    sts,
    aws,
    ebs,
    bundle,
    localFolder,
    untrusted,
    reopen,
    async addInstance(devices, tags) {
      const made = await Promise.all(
        devices.map(async (disk) => {
          const imagePath = path.join(root, `${systemRandom.uuid()}.img`);
          const image = await open(imagePath, 'w');
          await image.truncate(disk.sizeGib * imageBytesPerGib);
          await image.close();
          return { ...disk, imagePath };
        }),
      );
      const id = await ec2.addInstance(made, tags);
      for (const { device, imagePath } of made) disks.set(`${id} ${device}`, imagePath);
      return id as InstanceId;
    },
    diskPath: (instanceId, device) => disks.get(`${instanceId} ${device}`) ?? '',
    environment: () => ({
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      AWS_ENDPOINT_URL_EC2: aws.endpoint,
      AWS_ENDPOINT_URL_EBS: aws.endpoint,
      AWS_ENDPOINT_URL_STS: aws.endpoint,
    }),
    async [Symbol.asyncDispose]() {
      for (const cloud of opened) cloud.close();
      ebsConnection.close();
      for (const { machineId } of ec2.world.instances.all()) {
        if (machineId !== null) await local.workers.terminate(machineId as never);
      }
      await aws[Symbol.asyncDispose]();
      await bundle[Symbol.asyncDispose]();
      await imds[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}
