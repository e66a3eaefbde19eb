import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exitCodes } from '../../src/cli/exit-code.ts';
import { FakeAws, testCredentials } from '../support/aws/fake-aws.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../support/aws/s3/fake-s3.ts';
import { withAccount } from '../support/aws/use-account.ts';
import type { ProcessResult } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

const blockSizeBytes = 512 * 1024;
const region = 'eu-test-1';

interface ListedPoint {
  readonly id: string;
  readonly lockedUntil: string;
}

describe('a vault whose restore points are locked (a fake of S3)', { timeout: 200_000 }, () => {
  let folder = '';
  let bucket: FakeBucket;
  let fake: FakeAws;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-cli-lock-'));
    const disk = Buffer.concat([randomBytes(4 * blockSizeBytes), Buffer.alloc(2 * blockSizeBytes)]);
    await writeFile(join(folder, 'disk.img'), disk);
    bucket = new FakeBucket({ name: 'locking', region, objectLock: 'enabled' });
    fake = await FakeAws.start({ services: [createFakeS3({ buckets: [bucket], pageKeys: 5 })] });
  });
  after(async () => {
    await fake[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const keys = {
    AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
  };

  async function ask(line: string): Promise<ProcessResult> {
    const env = { SNAPLEDGER_PASSPHRASE: 'correct horse', AWS_REGION: region, ...keys };
    const work = (): Promise<ProcessResult> => runInProcess(line.split(' '), { env, folder });
    return await withAccount({ ...keys, AWS_REGION: region }, work);
  }
  async function done(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await ask(line);
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
    return stdout;
  }
  /** Its rules keep one point. */
  async function applyPolicy(transport: 'worker' | 'direct'): Promise<void> {
    const policy = {
      policyId: 'web-1',
      selection: { include: { kind: 'instances', instanceIds: ['web-1'] } },
      snapshots: { retention: { count: 2 } },
      image: { transport, retention: { count: 1 } },
    };
    await writeFile(join(folder, 'policy.json'), JSON.stringify({ policies: [policy] }));
    await done('policy apply policy.json --yes --vault vault');
  }
  const place = (): string => `--repository s3://locking/own --s3-endpoint ${fake.endpoint}`;

  /** Everything that somebody with the credentials of the engine, and more, can do in the bucket. */
  function attack(): void {
    const now = Date.now();
    for (const key of bucket.allKeys()) {
      for (const { versionId } of bucket.versions(key)) {
        try {
          bucket.deleteVersion(key, versionId, now);
        } catch {
          // it is locked
        }
      }
    }
    for (const key of bucket.allKeys()) {
      bucket.delete(key, now);
      const [, point] = /^own\/(points\/[^/]+\/[0-9a-f-]{36})$/.exec(key) ?? [];
      for (const over of [key, ...(point === undefined ? [] : [`own/${point}.removed`])]) {
        const body = new TextEncoder().encode('garbage');
        const retention = { mode: 'COMPLIANCE' as const, untilMs: now + 10 ** 12 };
        const content = { body, metadata: {}, checksumSha256: undefined, retention };
        bucket.put(over, content, { ifNoneMatch: false, nowMs: now });
      }
    }
  }

  it('gives each point back within its date, byte by byte, after everything was removed that can be', async () => {
    const said = await done(`init --vault vault ${place()} --lock 30`);
    assert.match(said, /each restore point is locked there for 30 days, with all it needs/);
    assert.match(said, /its sealed record is locked there for 30 days from its writing/);
    await done('instance add web-1 --volume /dev/xvda=disk.img --vault vault');
    await applyPolicy('worker');
    const first = await readFile(join(folder, 'disk.img'));
    // a worker reads the first, in a process of its own; the engine reads the second itself
    await done('backup web-1 --vault vault');
    const disk = await open(join(folder, 'disk.img'), 'r+');
    await disk.write(randomBytes(100), 0, 100, 2 * blockSizeBytes);
    await disk.close();
    const second = await readFile(join(folder, 'disk.img'));
    await applyPolicy('direct');
    await done('backup web-1 --vault vault');

    const listed = JSON.parse(await done('points web-1 --json --vault vault')) as ListedPoint[];
    assert.equal(listed.length, 2, 'the rules let the first go, and its lock does not');
    const [one] = listed;
    const daysLeft = (Date.parse(one?.lockedUntil ?? '') - Date.now()) / (24 * 60 * 60 * 1000);
    assert.ok(daysLeft > 29.9 && daysLeft < 30, String(daysLeft));
    assert.match(await done('points web-1 --vault vault'), /locked/);
    assert.match(await done('gc plan --vault vault'), /^in use/);
    assert.match(await done(`why ${one?.id} --vault vault`), /locked \(hold .*until 20/);
    assert.match(await done('retention plan web-1 --vault vault'), /locked/);
    const early = await ask(`hold release ${one?.id} --vault vault`);
    assert.match(early.stderr, /in force until/);

    assert.match(await done('verify --deep --vault vault'), /^2 points checked .*: sound\n$/);
    attack();

    const verified = await ask('verify --deep --vault vault');
    assert.match(verified.stdout, /^2 points checked .*: sound\n$/);
    assert.match(
      verified.stderr,
      /somebody has hidden \d+ objects, or has put something over them/,
    );
    assert.equal(verified.exitCode, exitCodes.warnings);
    await rm(join(folder, 'vault'), { recursive: true });
    await done(`recover --vault recovered ${place()} --lock 30`);
    const points = JSON.parse(await done('points web-1 --json --vault recovered')) as ListedPoint[];
    assert.deepEqual(points, listed);
    for (const [index, expected] of [first, second].entries()) {
      await done(`restore ${points[index]?.id} --to restored-${index} --vault recovered`);
      const restored = await readFile(join(folder, `restored-${index}`, 'xvda.img'));
      assert.ok(restored.equals(expected), `point ${index} is the disk as it was`);
    }
  });

  it('is refused in a folder, and by a bucket without Object Lock', async () => {
    const inFolder = await ask('init --vault other --lock 30');
    assert.match(inFolder.stderr, /nothing in a folder can be kept from being removed/);
    const mode = await ask(`init --vault other ${place()}2 --lock-mode governance`);
    assert.match(mode.stderr, /says how something is locked, and nothing is/);
  });
});
