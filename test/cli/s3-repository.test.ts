import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CreateVaultOptions } from '../../src/index.ts';
import { FakeAws, testCredentials } from '../support/aws/fake-aws.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../support/aws/s3/fake-s3.ts';
import { withAccount } from '../support/aws/use-account.ts';
import { type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';
import { sampleFormat } from './support/sample-format.ts';

const blockSizeBytes = 512 * 1024;
const region = 'eu-test-1';

describe('a vault whose repository is in S3 (a fake)', { timeout: 200_000 }, () => {
  let folder = '';
  let bucket: FakeBucket;
  let careless: FakeBucket;
  let locking: FakeBucket;
  let fake: FakeAws;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-cli-s3-'));
    const disk = Buffer.concat([randomBytes(4 * blockSizeBytes), Buffer.alloc(2 * blockSizeBytes)]);
    await writeFile(join(folder, 'disk.img'), disk);
    bucket = new FakeBucket({ name: 'backups', region });
    careless = new FakeBucket({ name: 'careless', region, conditionalWrites: 'ignored' });
    locking = new FakeBucket({ name: 'locking', region, objectLock: 'enabled' });
    // short pages, so that every list takes several
    const service = createFakeS3({ buckets: [bucket, careless, locking], pageKeys: 3 });
    fake = await FakeAws.start({ services: [service] });
  });
  after(async () => {
    await fake[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const keys = {
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
  };
  const base = { SNAPLEDGER_PASSPHRASE: 'correct horse', AWS_REGION: region };

  function run(line: string, env: Readonly<Record<string, string>> = keys): Promise<ProcessResult> {
    return runProcess(line.split(' '), { env: { ...base, ...env }, folder });
  }
  async function runDone(line: string): Promise<string> {
    return done(line, await run(line));
  }
  /** The same in this process, with its credentials in the environment of it. */
  async function askDone(line: string): Promise<string> {
    const env = { ...base, ...keys };
    const work = (): Promise<ProcessResult> => runInProcess(line.split(' '), { env, folder });
    return done(line, await withAccount({ ...keys, AWS_REGION: region }, work));
  }
  function done(line: string, { exitCode, stdout, stderr }: ProcessResult): string {
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
    return stdout;
  }

  it('backs up, then only what changed; the folder can be lost, and both are restored', async () => {
    const repository = `--repository s3://backups/own --s3-endpoint ${fake.endpoint}`;
    assert.match(
      await runDone(`init --vault vault ${repository}`),
      /its backups are in s3:\/\/backups\/own at http:/,
    );
    await askDone('instance add web-1 --volume /dev/xvda=disk.img --vault vault');
    await askDone('policy set web-1 --vault vault');
    const first = await readFile(join(folder, 'disk.img'));
    // what happens to S3 every day
    fake.faults.arm('PutObject', { kind: 'reply-lost' }, 2);
    fake.faults.arm('PutObject', { kind: 'error', status: 503, code: 'SlowDown' });
    fake.faults.arm('GetObject', { kind: 'cut-in-reply', afterBytes: 10 }, 2);
    assert.match(await runDone('backup web-1 --vault vault'), /image-level backup of web-1: done/);

    const disk = await open(join(folder, 'disk.img'), 'r+');
    await disk.write(randomBytes(100), 0, 100, 2 * blockSizeBytes);
    await disk.close();
    const second = await readFile(join(folder, 'disk.img'));
    assert.match(await askDone('backup web-1 --vault vault'), / read {6}1 block, 512\.0 KiB/);

    assert.ok(!(await readdir(join(folder, 'vault'))).includes('repository'));
    await assertNoSecretIn(join(folder, 'vault'));
    await rm(join(folder, 'vault'), { recursive: true });
    await askDone(`recover --vault recovered ${repository}`);

    const points = JSON.parse(await askDone('points web-1 --json --vault recovered')) as readonly {
      readonly id: string;
    }[];
    assert.equal(points.length, 2);
    for (const [index, expected] of [first, second].entries()) {
      await askDone(`restore ${points[index]?.id} --to restored-${index} --vault recovered`);
      const restored = await readFile(join(folder, `restored-${index}`, 'xvda.img'));
      assert.ok(restored.equals(expected), `point ${index} is the disk as it was`);
    }
    assert.match(
      await askDone('verify --deep --vault recovered'),
      /^2 points checked .*: sound\n$/,
    );
    assert.ok(bucket.keys().every((key) => key.startsWith('own/')));
    assert.ok(!bucket.keys().some((key) => key.includes('probe-')));
  });

  it('seals its record under a lock where that is asked for, and backs up, removes and forgets all the same', async () => {
    const place = (name: string): string =>
      `--repository s3://${name}/own --s3-endpoint ${fake.endpoint} --lock-ledger 30`;
    const { exitCode, stderr } = await run(`init --vault unlocked ${place('backups')}2`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Object Lock Configuration.*\n.*leave out '--lock-ledger'/);

    assert.match(
      await askDone(`init --vault locked ${place('locking')}`),
      /its sealed record is locked there for 30 days/,
    );
    await askDone('instance add web-1 --volume /dev/xvda=disk.img --tag env=prod --vault locked');
    await askDone('policy set web-1 --keep-snapshots 1 --transport direct --vault locked');
    await askDone('backup web-1 --vault locked');
    await askDone('backup web-1 --vault locked');
    await askDone('instance forget web-1 --yes --vault locked');
    assert.match(await askDone('audit verify --vault locked'), /^proven/);

    await rm(join(folder, 'locked', 'ledger.sqlite'));
    const otherLock = await run(
      `recover --vault locked --repository s3://locking/own --s3-endpoint ${fake.endpoint} --lock-ledger 31`,
    );
    assert.equal(otherLock.exitCode, 2);
    assert.match(otherLock.stderr, /Leave '--lock-ledger' out/);
    await writeFile(join(folder, 'locked', 'witness.json.unfinished-4711'), '');
    await askDone(
      `recover --vault locked --repository s3://locking/own --s3-endpoint ${fake.endpoint}`,
    );
    await askDone('retention run web-1 --vault locked');

    const isLocked = (key: string): boolean =>
      locking.versions(key).some(({ retention }) => retention?.mode === 'COMPLIANCE');
    const lockedKeys = locking.keys().filter((key) => isLocked(key));
    assert.ok(lockedKeys.some((key) => key.startsWith('own/ledger/log/')));
    assert.ok(lockedKeys.every((key) => /^own\/ledger\/(?:log|subjects)\//v.test(key)));
    assert.ok(
      locking
        .keys()
        .filter((key) => key.startsWith('own/ledger/log/'))
        .every(isLocked),
    );
  });

  it('is refused where a repository is already, and leaves no vault', async () => {
    const { exitCode, stderr } = await run(
      `init --vault second --repository s3://backups/own --s3-endpoint ${fake.endpoint}`,
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /repository/);
    assert.ok(!(await readdir(folder)).some((name) => name.includes('second')));
  });

  it('is refused in a store that overwrites, and leaves nothing there', async () => {
    const { exitCode, stderr } = await run(
      `init --vault careless --repository s3://careless/own --s3-endpoint ${fake.endpoint}`,
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /overwrites an object that must not be overwritten/);
    assert.deepEqual(careless.keys(), []);
    assert.ok(!(await readdir(folder)).includes('careless'));
  });

  it('says that a bucket does not exist, and that credentials are wrong or missing', async () => {
    const init = (bucketName: string): string =>
      `init --vault new --repository s3://${bucketName} --s3-endpoint ${fake.endpoint}`;
    const wrong = { ...keys, AWS_SECRET_ACCESS_KEY: 'p4ssword' };
    const missing = { AWS_EC2_METADATA_DISABLED: 'true' };
    const cases = [
      [init('nowhere'), keys, /bucket does not exist.*\n.*nowhere exists/],
      [init('backups'), wrong, /SignatureDoesNotMatch.*\n.*credentials/],
      [init('backups'), missing, /Could not load credentials.*\n.*credentials/],
    ] as const;
    for (const [line, env, expected] of cases) {
      const { exitCode, stderr } = await run(line, env);
      assert.equal(exitCode, 1);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /p4ssword|^\s+at /m);
    }
  });

  async function assertNoSecretIn(vault: string): Promise<void> {
    const names = await readdir(vault, { recursive: true, withFileTypes: true });
    for (const name of names.filter((entry) => entry.isFile())) {
      const content = await readFile(join(name.parentPath, name.name));
      assert.ok(!content.includes(testCredentials.secretAccessKey), name.name);
    }
  }
});

describe('where in S3 a repository is', () => {
  async function init(
    line: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliRun & { readonly made: CreateVaultOptions | null }> {
    let made: CreateVaultOptions | null = null;
    const run = await runCliWith(['init', ...line.split(' ')], {
      env: { SNAPLEDGER_VAULT: 'v', SNAPLEDGER_PASSPHRASE: 'secret', ...env },
      dependencies: {
        createVault: (options) => {
          made = options;
          return Promise.resolve({
            folder: options.folder,
            eventStore: { kind: 'sqlite' },
            repository: { kind: 's3', bucket: 'b', prefix: 'p', region, endpoint: null },
            recoveryKey: null,
            recoveryKeyTrouble: null,
            folderTrouble: null,
            cloud: { kind: 'local' },
            format: sampleFormat,
          });
        },
      },
    });
    return { ...run, made };
  }

  it('is said by options, the region also by the environment', async () => {
    const url = 's3://bucket/prefix';
    const endpoint = 'http://127.0.0.1:9000';
    const cases = [
      [`--repository ${url} --s3-region r-1`, {}, { url, region: 'r-1' }],
      [`--repository ${url}`, { AWS_REGION: 'r-2' }, { url, region: 'r-2' }],
      [`--repository ${url}`, { AWS_DEFAULT_REGION: 'r-3' }, { url, region: 'r-3' }],
      [`--repository ${url} --s3-region r-1`, { AWS_REGION: 'r-2' }, { url, region: 'r-1' }],
      [`--repository ${url} --s3-endpoint ${endpoint}`, {}, { url, endpoint, region: 'us-east-1' }],
      [
        `--repository ${url} --s3-region r-1 --lock-ledger 400`,
        {},
        { url, region: 'r-1', ledgerLockDays: 400 },
      ],
    ] as const;
    for (const [line, env, expected] of cases) {
      const { made, stdout } = await init(line, env);
      assert.deepEqual(made?.repository, expected);
      assert.match(stdout, /its backups are in s3:\/\/b\/p in eu-test-1/);
    }
  });

  it('is a matter of course when nothing is said', async () => {
    const { made } = await init('--json');
    assert.equal(made?.repository, undefined);
  });

  it('is refused without a region, as a folder, and half said', async () => {
    for (const line of [
      '--repository s3://bucket/prefix',
      '--repository /mnt/backups',
      '--s3-region r-1',
      '--s3-endpoint http://127.0.0.1:9000',
      '--lock-ledger 30',
      '--repository s3://bucket/prefix --s3-region r-1 --lock-ledger 0',
    ]) {
      const { exitCode, made } = await init(line);
      assert.equal(exitCode, 2, line);
      assert.equal(made, null);
    }
  });
});
