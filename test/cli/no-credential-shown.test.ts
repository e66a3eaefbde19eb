import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { AwsFault } from '../support/aws/aws-faults.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { immediately } from '../support/aws/ec2/ec2-world.ts';
import { makeNodeArchive } from '../support/aws/ec2/node-archive.ts';
import { testCredentials } from '../support/aws/fake-aws.ts';
import { workerCredentials } from '../support/aws/imds/fake-imds.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessResult, runProcess } from './support/cli-process.ts';

const device = '/dev/xvda';
const passphrase = 'never-to-be-shown correct horse';
const secrets = [
  passphrase,
  testCredentials.secretAccessKey,
  workerCredentials.secretAccessKey,
  workerCredentials.sessionToken ?? '',
];
const workerOptions =
  '--worker-image ami-0123456789abcdef0 --worker-type c7i.large ' +
  `--worker-subnet subnet-0123456789abcdef0 --worker-zone ${homeRegion}a ` +
  '--worker-security-group sg-0123456789abcdef0 ' +
  '--worker-profile arn:aws:iam::111122223333:instance-profile/snapledger-worker';

/** The real program in processes of its own, and the real worker, on fakes of AWS; well, and in every way refused. */
describe('no credential is shown', { timeout: 480_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let fixture: Ec2Fixture;
  let bucket: FakeBucket;
  let instanceId: InstanceId;
  /** What was printed, and what stood on command lines. */
  const seen = new Map<string, string>();
  let watching: Promise<void>;
  let isOver = false;

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    bucket = new FakeBucket({ name: 'backups', region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket], nodeOfImage: 'missing' });
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    watching = watchCommandLines();
    const node = await makeNodeArchive(join(folder, 'node'));
    const place = `--repository s3://backups/own --s3-endpoint ${fixture.aws.endpoint}`;
    const ec2 = `--cloud ec2 --region ${homeRegion} ${workerOptions} --worker-node ${node}`;
    assert.equal((await run(`init ${place} ${ec2}`)).exitCode, 0);
    await run(`policy set ${instanceId} --keep-snapshots 1 --image`);
    await write(3);
    // So that what asks for something is there long enough to be seen.
    fixture.aws.latencyMs = 150;
    const made = await run(`backup ${instanceId}`);
    fixture.aws.latencyMs = 0;
    assert.equal(made.exitCode, 0, made.stdout + made.stderr);
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  const write = (block: number): Promise<void> =>
    writeBlock(fixture.diskPath(instanceId, device), block, noise(`${block}`, blockSizeBytes));

  async function run(
    line: string,
    account: Readonly<Record<string, string>> = {},
  ): Promise<ProcessResult> {
    const env = {
      ...fixture.environment(),
      SNAPLEDGER_VAULT: 'vault',
      SNAPLEDGER_PASSPHRASE: passphrase,
      ...account,
    };
    const result = await runProcess(line.split(' '), { env, folder });
    seen.set(`what '${line}' prints (${seen.size})`, result.stdout + result.stderr);
    return result;
  }

  /** Read at one go: a program may be there for a moment only. */
  async function watchCommandLines(): Promise<void> {
    while (!isOver) {
      for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const line = commandLineOf(entry);
        if (line !== '') seen.set(`the command line ${line.replaceAll('\0', ' ')}`, line);
      }
      await sleep(5);
    }
  }

  function assertNone(shown: Iterable<readonly [string, string | Uint8Array]>): void {
    for (const [where, text] of shown) {
      const bytes = Buffer.from(text);
      for (const secret of secrets) {
        for (const form of [
          secret,
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
        ]) {
          assert.ok(!bytes.includes(form), `a secret is in ${where}`);
        }
      }
    }
  }

  it('by what is refused, in the words of each service, nor by what is listed', async () => {
    const refused: readonly (readonly [string, AwsFault])[] = [
      ['CreateSnapshots', { kind: 'error', status: 403, code: 'UnauthorizedOperation' }],
      ['DescribeInstances', { kind: 'error', status: 400, code: 'RequestExpired' }],
      ['PutObject', { kind: 'error', status: 403, code: 'AccessDenied' }],
      ['ListChangedBlocks', { kind: 'error', status: 403, code: 'UnrecognizedClientException' }],
    ];
    for (const [operation, fault] of refused) {
      fixture.aws.faults.arm(operation, fault, Infinity);
      await write(4);
      assert.equal((await run(`backup ${instanceId}`)).exitCode, 1, operation);
      fixture.aws.faults.clear();
      await run('resume');
    }
    const wrong = { AWS_ACCESS_KEY_ID: testCredentials.accessKeyId.replace('A', 'B') };
    for (const line of [`backup ${instanceId}`, 'instance list', `points ${instanceId}`]) {
      assert.equal((await run(line, wrong)).exitCode, 1, line);
    }
    await run('aws check');
    const { stdout } = await run('sessions --json');
    for (const { id } of JSON.parse(stdout) as readonly { readonly id: string }[]) {
      await run(`replay ${id} --json`);
    }
    await run(`audit verify --json`);
    isOver = true;
    await watching;
    const lines = [...seen.keys()].filter((one) => one.startsWith('the command line'));
    assert.ok(
      lines.some((one) => one.includes('--config signing')),
      'that by which the boot script fetches was seen',
    );
    assert.ok(
      lines.some((one) => one.includes('worker.js')),
      'and that of the worker',
    );
    assertNone(seen);
  });

  it('by any file of the vault, nor by any of a worker that has ended', async () => {
    const files: [string, Uint8Array][] = [];
    for (const root of [join(folder, 'vault'), join(fixture.localFolder, 'workers')]) {
      for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (!entry.isFile() || file.includes('/node/') || file.includes('/dev/')) continue;
        if (file.includes('/devices/')) continue;
        files.push([file, await readFile(file)]);
      }
    }
    assert.ok(files.some(([file]) => file.endsWith('vault.json')));
    assert.ok(files.some(([file]) => file.includes('/workers/')));
    assertNone(files);
  });

  it('by any object of the bucket, nor by what EC2 was asked for', () => {
    assertNone(
      bucket.keys().map((key) => [key, bucket.current(key)?.body ?? new Uint8Array()] as const),
    );
    const { instances, volumes, snapshots } = fixture.ec2.world;
    for (const { userData, request } of instances.all()) {
      const inIt = [...userData.toString().matchAll(/[A-Za-z0-9+/=\n]{100,}/g)].map(([text]) =>
        Buffer.from(text, 'base64').toString(),
      );
      assertNone([
        ['user data', Buffer.from(userData)],
        ['user data', inIt.join()],
      ]);
      assertNone([['a request', JSON.stringify(request)]]);
    }
    for (const { id, tags } of [...volumes.all(), ...snapshots.all()]) {
      assertNone([[`tags of ${id}`, JSON.stringify(tags)]]);
    }
  });
});

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended since it was listed.
    return '';
  }
}
