import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { type Ec2Fixture, homeRegion, otherRegion } from '../support/aws/ec2/ec2-fixture.ts';
import { makeNodeArchive } from '../support/aws/ec2/node-archive.ts';
import { noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { type CreateVaultOptions, SnapledgerError } from '../../src/index.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';

const device = '/dev/xvda';
const volumeSizeBytes = 1024 ** 3;
const workerOptions =
  '--worker-image ami-0123456789abcdef0 --worker-type c7i.large ' +
  `--worker-subnet subnet-0123456789abcdef0 --worker-zone ${homeRegion}a ` +
  '--worker-security-group sg-0123456789abcdef0 ' +
  '--worker-profile arn:aws:iam::111122223333:instance-profile/snapledger-worker';

/*
 * What a user does, with the command line, on fakes of EC2, EBS direct, S3 and the instance metadata
 * service; the first backup by the real program in a process of its own. RunInstances boots the real bundle out of the fake S3.
 */
describe('a vault on EC2 (a fake)', { timeout: 480_000 }, () => {
  let program: Ec2Program;
  let folder: string;
  let run: Ec2Program['run'];
  let runDone: Ec2Program['runDone'];
  let parsed: Ec2Program['parsed'];
  let fixture: Ec2Fixture;
  let bucket: Ec2Program['bucket'];
  let instanceId: InstanceId;
  let other: InstanceId;
  let disk: string;
  let repository: string;

  before(async () => {
    program = await openEc2Program({ vault: 'none', nodeOfImage: 'missing' });
    ({ fixture, bucket, folder, repository, run, runDone, parsed } = program);
    const disks = [{ device, sizeGib: volumeSizeBytes / 1024 ** 3 }];
    instanceId = await fixture.addInstance(disks, [{ Key: 'backup', Value: 'yes' }]);
    other = await fixture.addInstance(disks);
    disk = fixture.diskPath(instanceId, device);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 9, noise('second', blockSizeBytes));
  });
  after(() => program[Symbol.asyncDispose]());

  /** Of the whole volume: what there is of the disk's image, and zeros up to its size. */
  async function volumeDigest(): Promise<string> {
    const padded = join(folder, 'padded.img');
    await copyFile(disk, padded);
    await truncate(padded, volumeSizeBytes);
    return await sha256OfFile(padded);
  }

  it('is refused where no worker could reach the repository, and without sound names', async () => {
    const ec2 = `init --cloud ec2 --region ${homeRegion}`;
    const cases = [
      [ec2, /would be in a folder, which no worker there can reach/],
      [`${ec2} ${repository} ${workerOptions.replace('ami-0', 'img-0')}`, /imageId "img-0/],
    ] as const;
    for (const [line, expected] of cases) {
      const { exitCode, stderr } = await run(line);
      assert.equal(exitCode, 2, line);
      assert.match(stderr, expected);
    }
    assert.deepEqual(bucket.keys(), []);
    assert.ok(!(await readdir(folder)).includes('vault'));
  });

  it('leaves nothing, neither here nor in the bucket, when it cannot be made', async () => {
    await writeFile(join(folder, 'no-archive'), 'no archive');
    const line = `init ${repository} --cloud ec2 --region ${homeRegion} ${workerOptions}`;

    const { exitCode, stderr } = await run(`${line} --worker-node no-archive`);

    assert.equal(exitCode, 2);
    assert.match(stderr, /no-archive' cannot be the archive of Node/);
    assert.deepEqual(bucket.keys(), []);
    assert.deepEqual(await readdir(folder), ['no-archive']);
  });

  it('is made by init, which says what comes next', async () => {
    const node = await makeNodeArchive(join(folder, 'node'));
    const ec2 = `--cloud ec2 --region ${homeRegion} ${workerOptions} --worker-node ${node}`;

    const printed = await runDone(`init ${repository} ${ec2}`);

    assert.match(printed, /its instances are those of EC2 in eu-test-1, with workers/);
    assert.match(printed, /snapledger aws policy engine --worker-role ARN/);
    const marker = await readFile(join(folder, 'vault', 'vault.json'), 'utf8');
    assert.ok(!marker.includes(fixture.environment()['AWS_SECRET_ACCESS_KEY'] ?? ''));
  });

  it('has workers that come to life, as the check sees', async () => {
    const rows = await parsed<{ id: string; outcome: string }[]>('aws check --try-worker');

    assert.deepEqual(
      rows.filter(({ outcome }) => outcome === 'missing' || outcome === 'refused'),
      [],
    );
    assert.equal(rows.find(({ id }) => id === "the workers' role")?.outcome, 'allowed');
    const { instances } = fixture.ec2.world;
    const launched = instances.all().filter(({ machineId }) => machineId !== null);
    assert.equal(launched.length, 1);
    assert.notEqual(launched[0]?.terminatedAtMs, null);
    assert.deepEqual(
      bucket.keys().filter((key) => key.startsWith('own/control/')),
      [],
    );
  });

  it('lists the instances of the region, without a passphrase, and takes none by hand', async () => {
    const listed = await runDone('instance list', { passphrase: 'none' });
    assert.match(listed, new RegExp(`${instanceId} +eu-test-1 +/dev/xvda +1\\.0 GiB`));
    assert.match(listed, new RegExp(other));

    const { exitCode, stderr } = await run('instance add web-1 --volume /dev/xvda=disk.img');
    assert.equal(exitCode, 2);
    assert.match(stderr, /those of EC2 in eu-test-1: they are neither added nor tagged here/);
  });

  it('backs up what its policy selects by tags, in full, by a worker that boots', async () => {
    await writeFile(
      join(folder, 'policies.yaml'),
      `policies:
  - policyId: marked
    selection: { include: { kind: tag, key: backup, value: 'yes' } }
    snapshots: { retention: { count: 1 } }
    replicas:
      - target: { region: ${otherRegion} }
        retention: { count: 1 }
    image: { level: 'on' }
`,
    );
    await runDone('policy apply policies.yaml');

    // By the program itself, which has the account and the passphrase from its environment.
    await runDone('policy run marked', { watch: () => undefined });

    const sessions = await parsed<{ instanceId: string | null; status: string }[]>('sessions');
    assert.deepEqual(
      sessions.filter((one) => one.instanceId !== null).map((one) => [one.instanceId, one.status]),
      [[instanceId, 'succeeded']],
    );
    assert.match(await runDone(`snapshots ${instanceId}`), /within-count|newest/);
    assert.ok(bucket.keys().some((key) => /^own\/workers\/[0-9a-f]{64}\.tar\.gz$/.test(key)));
  });

  it('then only what changed, and retention removes the set and the replica before', async () => {
    await writeBlock(disk, 5, noise('third', blockSizeBytes));

    assert.match(await runDone(`backup ${instanceId}`), / read {6}1 block, 512\.0 KiB/);

    assert.equal((await parsed<unknown[]>(`snapshots ${instanceId}`)).length, 1);
    assert.equal((await parsed<unknown[]>(`replicas ${instanceId}`)).length, 1);
    const plan = await parsed<{ items: { kind: string; action: string }[] }>('reconcile');
    assert.deepEqual(
      plan.items.filter(({ action }) => action !== 'keep'),
      [],
    );
  });

  it('restores byte for byte, also after the vault is lost', async () => {
    await rm(join(folder, 'vault'), { recursive: true });
    const sets = await parsed<{ sets: unknown[] }>(`recover ${repository} --region ${homeRegion}`);
    assert.equal(sets.sets.length, 1);

    // With a file that cannot be the archive it fails, and can be repeated.
    const ec2 = `--cloud ec2 --region ${homeRegion} ${workerOptions}`;
    const failed = await run(`recover ${repository} ${ec2} --worker-node no-archive`);
    assert.equal(failed.exitCode, 2);
    assert.match(failed.stderr, /no-archive' cannot be the archive of Node/);
    const node = await makeNodeArchive(join(folder, 'node'));
    const printed = await runDone(`recover ${repository} ${ec2} --worker-node ${node}`);
    assert.match(printed, /instance list +the instances of the region/);

    const points = await parsed<{ id: string }[]>(`points ${instanceId}`);
    await runDone(`restore ${points.at(-1)?.id} --to restored`);
    assert.equal(await sha256OfFile(join(folder, 'restored', 'xvda.img')), await volumeDigest());
    assert.match(
      await runDone('instance list', { passphrase: 'none' }),
      new RegExp(`${instanceId} .* 1 +2 *$`, 'm'),
    );
    assert.deepEqual(
      fixture.ec2.world.instances
        .all()
        .filter((one) => one.machineId !== null && one.terminatedAtMs === null),
      [],
    );
  });

  it('without workers takes snapshots, and says what an image-level backup lacks', async () => {
    const second = repository.replace('/own', '/second');
    await runDone(`init --vault plain ${second} --cloud ec2 --region ${homeRegion}`);
    await runDone(`policy set ${other} --no-image --keep-snapshots 1 --vault plain`);
    await runDone(`backup ${other} --vault plain`);
    assert.equal((await parsed<unknown[]>(`snapshots ${other} --vault plain`)).length, 1);

    await runDone(`policy set ${other} --image --vault plain`);
    // Where nothing was ever written, nobody is needed to read it.
    await writeBlock(fixture.diskPath(other, device), 1, noise('other', blockSizeBytes));
    const { exitCode, stdout, stderr } = await run(`backup ${other} --vault plain`);

    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /it is not said how workers are launched/);
    assert.match(stdout + stderr, /vault\.json/);
  });
});

describe('which cloud a vault is of', () => {
  async function chosen(line: string): Promise<CliRun & { readonly cloud: unknown }> {
    const asked: CreateVaultOptions[] = [];
    const ended = await runCliWith(`init --repository s3://b/p ${line}`.split(' '), {
      dependencies: {
        createVault: (options) => {
          asked.push(options);
          return Promise.reject(new SnapledgerError('STORE_FULL', 'that is enough'));
        },
      },
    });
    return { ...ended, cloud: asked[0]?.cloud };
  }

  it('is said by options', async () => {
    const { cloud } = await chosen(`--cloud ec2 --region ${homeRegion} ${workerOptions}`);
    assert.deepEqual(cloud, {
      region: homeRegion,
      worker: {
        imageId: 'ami-0123456789abcdef0',
        instanceType: 'c7i.large',
        subnetId: 'subnet-0123456789abcdef0',
        availabilityZone: `${homeRegion}a`,
        securityGroupIds: ['sg-0123456789abcdef0'],
        instanceProfileArn: 'arn:aws:iam::111122223333:instance-profile/snapledger-worker',
      },
    });
    const { cloud: snapshotsOnly } = await chosen(`--cloud ec2 --region ${homeRegion}`);
    assert.deepEqual(snapshotsOnly, { region: homeRegion });
    assert.equal((await chosen('--s3-region r-1')).cloud, undefined);
    assert.equal((await chosen('--s3-region r-1 --cloud local')).cloud, undefined);
  });

  it('is refused when it is said in part, or for another cloud', async () => {
    const cases = [
      ['--cloud ec2', /nothing says which region of EC2/],
      ['--cloud gce', /Allowed choices are local, ec2/],
      [`--cloud ec2 --region ${homeRegion} --worker-image ami-1`, /only a part is said/],
      [`--cloud ec2 --region ${homeRegion} --worker-node n.tar.gz`, /only a part is said/],
      [`--s3-region r-1 ${workerOptions}`, /--worker-image is for EC2/],
      ['--s3-region r-1 --region r-1', /--region is for EC2/],
    ] as const;
    for (const [line, expected] of cases) {
      const { exitCode, stderr } = await chosen(line);
      assert.equal(exitCode, 2, line);
      assert.match(stderr, expected);
    }
  });
});
