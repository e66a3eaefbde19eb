import assert from 'node:assert/strict';
import path from 'node:path';
import type { Ec2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { InstanceId, Region } from '../../../../src/domain/identifiers.ts';
import type { ImagePolicy } from '../../../../src/domain/policy/backup-policy.ts';
import type { Cloud } from '../../../../src/ports/cloud/cloud.ts';
import type { SnapshotDescription } from '../../../../src/ports/cloud/snapshots.ts';
import type { TemporaryVolume } from '../../../../src/ports/cloud/volumes.ts';
import { backUp, type FinishedSession } from '../../vault/back-up.ts';
import { createTestVault } from '../../vault/create-test-vault.ts';
import { noise, writeBlock } from '../../vault/disk-image.ts';
import { setTestPolicy, type TestPolicy } from '../../vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault, testPassphrase } from '../../vault/open-test-vault.ts';
import { makeTemporaryFolder } from '../../vault/temporary-folder.ts';
import { FakeBucket } from '../s3/fake-bucket.ts';
import { useAccount } from '../use-account.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
  otherRegion,
} from './ec2-fixture.ts';
import { immediately } from './ec2-world.ts';

export type Transport = ImagePolicy['transport'];

/** What of a cloud is another one. */
export type CloudChange = (cloud: Ec2Cloud) => Partial<Cloud>;

const workerMain = new URL('../../../../src/worker/main.ts', import.meta.url).href;
const device = '/dev/xvda';

/**
 * What was made a moment ago and is not found when it is to be removed is waited for, until EC2 has to know it:
 * here that is everything.
 */
const limitsOfEc2 = { ...fastLimits, appearanceMs: 500, transitionMs: 3_000 };

/**
 * An instance that was backed up once by a transport, on fakes of EC2, EBS direct and S3: engine, SDK clients,
 * boot script and worker are the real ones.
 */
export interface Ec2Backups extends AsyncDisposable {
  readonly fixture: Ec2Fixture;
  readonly bucket: FakeBucket;
  /** Of the vault. */
  readonly folder: string;
  /** Which may be written to. */
  readonly temporaryFolder: string;
  readonly instanceId: InstanceId;
  /** The image of its disk. */
  readonly disk: string;
  open(options?: OpenBackups): Promise<OpenTestVault>;
  /** One backup of the instance, by a program of its own. */
  run(change?: CloudChange): Promise<FinishedSession>;
  cloudOf(region: Region): Ec2Cloud;
  /** One set is kept, unless something else is said. */
  setPolicyOf(instanceId: InstanceId, policy?: TestPolicy): Promise<void>;
  addInstance(): Promise<InstanceId>;
  /** Changes a block of the disk. */
  write(): Promise<void>;
  /** Of everything that is ours there are only the snapshots that the ledger has of its instance. */
  assertNothingLeft(): Promise<void>;
}

export interface OpenBackups {
  readonly change?: CloudChange;
  readonly region?: Region;
  readonly passphrase?: string;
}

export async function openEc2Backups(transport: Transport): Promise<Ec2Backups> {
  await using opened = new AsyncDisposableStack();
  const temporary = opened.use(await makeTemporaryFolder());
  const bucket = new FakeBucket({ name: 'backups', region: homeRegion });
  const workerProgram = `import(${JSON.stringify(workerMain)});`;
  const fixture = opened.use(
    await openEc2Fixture({ buckets: [bucket], pageBlocks: 4, workerProgram }),
  );
  Object.assign(fixture.ec2.world.timing, immediately);
  opened.use(useAccount(fixture.environment()));
  const folder = path.join(temporary.path, 'vault');
  const { endpoint } = fixture.aws;
  const repository = { url: 's3://backups/own', region: homeRegion, endpoint };
  await createTestVault({ folder, passphrase: testPassphrase, repository });
  const tagSecret = await tagSecretOf(folder);

  const cloudOf = (region: Region): Ec2Cloud =>
    fixture.reopen({ tagSecret, limits: limitsOfEc2, region });
  const open: Ec2Backups['open'] = ({
    change = () => ({}),
    region = homeRegion,
    passphrase = testPassphrase,
  } = {}) => {
    const cloud = cloudOf(region);
    return openTestVault(folder, {
      passphrase,
      limits: {
        retry: { attemptsMax: 2, firstDelayMs: 5, delayMaxMs: 20 },
        workerHelloTimeoutMs: 30_000,
        workerSilenceMaxMs: 6_000,
        workerBeatIntervalMs: 500,
        workerAttemptsMax: 2,
        snapshotPollMs: 20,
        transferPollMaxMs: 100,
      },
      decorate: () => ({
        cloud: { ...cloud, ...change(cloud) },
        workerDevices: { kind: 'ebs' },
      }),
    });
  };
  const addInstance = (): Promise<InstanceId> => fixture.addInstance([{ device, sizeGib: 1 }]);
  const instanceId = await addInstance();
  const disk = fixture.diskPath(instanceId, device);
  let writes = 0;
  const write = async (): Promise<void> => {
    writes += 1;
    await writeBlock(disk, writes % 16, noise(`${transport} ${writes}`, blockSizeBytes));
  };
  const setPolicyOf: Ec2Backups['setPolicyOf'] = async (whose, policy = {}) => {
    await using vault = await open();
    await setTestPolicy(vault, { keep: 1, transport, ...policy }, whose);
  };
  const run: Ec2Backups['run'] = async (change) => {
    await using vault = await open(change === undefined ? {} : { change });
    return await backUp(vault.engine, { instanceId });
  };
  const assertNothingLeft = async (): Promise<void> => {
    const { items, untrusted } = await cloudOf(homeRegion).inventory.list([]);
    assert.deepEqual(untrusted, []);
    const left = items.map((one) => (one.kind === 'snapshot' ? one.snapshot.snapshotId : one.kind));
    assert.deepEqual(left.toSorted(), (await recordedSnapshots()).toSorted());
    assert.deepEqual((await cloudOf(otherRegion).inventory.list([])).items, []);
    const mailboxes = bucket.keys().filter((key) => key.includes('/control/'));
    assert.deepEqual(mailboxes, []);
  };
  const recordedSnapshots = async (): Promise<readonly string[]> => {
    await using vault = await open();
    const { sets } = (await vault.engine.describeItems(instanceId)).history;
    return sets.flatMap(({ snapshots }) => snapshots.map(({ snapshotId }) => snapshotId));
  };

  await setPolicyOf(instanceId);
  await write();
  const { summary } = await run();
  assert.equal(summary.status, 'succeeded', JSON.stringify(summary.problems));
  const rig = opened.move();
  return {
    fixture,
    bucket,
    folder,
    temporaryFolder: temporary.path,
    instanceId,
    disk,
    open,
    run,
    cloudOf,
    setPolicyOf,
    addInstance,
    write,
    assertNothingLeft,
    [Symbol.asyncDispose]: () => rig.disposeAsync(),
  };
}

async function tagSecretOf(folder: string): Promise<Uint8Array> {
  await using vault = await openTestVault(folder);
  return await (await vault.dependencies.repository()).deriveTagSecret();
}

/** Where something happens once the snapshots of a session are asked for. */
export function afterSnapshots(then: (made: readonly SnapshotDescription[]) => void): CloudChange {
  return ({ snapshots }) => ({
    snapshots: {
      ...snapshots,
      createSet: async (...asked) => {
        const made = await snapshots.createSet(...asked);
        then(made);
        return made;
      },
    },
  });
}

/** Where something happens before they are. */
export function beforeSnapshots(first: () => Promise<void> | void): CloudChange {
  return ({ snapshots }) => ({
    snapshots: {
      ...snapshots,
      createSet: async (...asked) => {
        await first();
        return await snapshots.createSet(...asked);
      },
    },
  });
}

/** Where something happens once a volume for a worker is made. */
export function afterVolume(then: (made: TemporaryVolume) => void): CloudChange {
  return ({ volumes }) => ({
    volumes: {
      ...volumes,
      create: async (...asked) => {
        const made = await volumes.create(...asked);
        then(made);
        return made;
      },
    },
  });
}
