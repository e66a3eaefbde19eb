import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import {
  type Ec2Fixture,
  homeRegion,
  openEc2Fixture,
  otherRegion,
} from '../support/aws/ec2/ec2-fixture.ts';
import { immediately } from '../support/aws/ec2/ec2-world.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { useAccount } from '../support/aws/use-account.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessOptions, type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

const device = '/dev/xvda';
/** Beside the repository, of other programs, and of this one but of no session. */
const others = ['control/notes', 'own/control/probe-1/object', 'own/workers/a.tar.gz'];

interface ReconciledJson {
  readonly id: string;
  readonly kind: string;
  readonly sessionId: string;
  readonly instanceId: string | null;
  readonly objects?: number;
  readonly bytes?: number;
  readonly action: string;
  readonly reason: string;
}

/*
 * On fakes of EC2, EBS direct and S3. The engine that is killed is the real program in a process of its own; what is
 * written after the end of its session is what it had written before, as if a request had been under way so long.
 */
describe(
  'the mailbox of a session whose engine was killed (a fake EC2)',
  { timeout: 240_000 },
  () => {
    let temporary: TemporaryFolder;
    let folder: string;
    let fixture: Ec2Fixture;
    let account: Disposable;
    let bucket: FakeBucket;
    let instanceId: InstanceId;
    /** What the killed engine had in it, by the keys of the bucket. */
    let left: ReadonlyMap<string, Uint8Array>;

    before(async () => {
      temporary = await makeTemporaryFolder();
      folder = temporary.path;
      bucket = new FakeBucket({ name: 'backups', region: homeRegion });
      fixture = await openEc2Fixture({ buckets: [bucket] });
      account = useAccount(fixture.environment());
      Object.assign(fixture.ec2.world.timing, immediately);
      instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
      await writeBlock(fixture.diskPath(instanceId, device), 3, noise('first', blockSizeBytes));
      const repository = `--repository s3://backups/own --s3-endpoint ${fixture.aws.endpoint}`;
      await runDone(`init ${repository} --cloud ec2 --region ${homeRegion}`);
      await runDone(`policy set ${instanceId} --keep-snapshots 1 --transport direct`);
      for (const key of others) put(key, Buffer.from('not a mailbox'));
    });
    after(async () => {
      account[Symbol.dispose]();
      await fixture[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    });

    const env = {
      SNAPLEDGER_VAULT: 'vault',
      SNAPLEDGER_PASSPHRASE: 'correct horse',
    };
    const run = (line: string): Promise<ProcessResult> =>
      runInProcess(line.split(' '), { env, folder });
    async function runDone(line: string): Promise<string> {
      const { exitCode, stdout, stderr } = await run(line);
      assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
      return stdout;
    }
    async function mailboxes(options = ''): Promise<readonly ReconciledJson[]> {
      const found = JSON.parse(await runDone(`reconcile${options} --json`)) as {
        readonly items: readonly ReconciledJson[];
      };
      return found.items.filter(({ kind }) => kind === 'mailbox');
    }
    function put(key: string, body: Uint8Array): void {
      const content = {
        body,
        metadata: {},
        checksumSha256: null,
        retention: null,
      };
      bucket.put(key, content as never, {
        ifNoneMatch: false,
        nowMs: Date.now(),
      });
    }
    const keysOfMailboxes = (): readonly string[] =>
      bucket.keys().filter((key) => /^own\/control\/[0-9a-f]{8}-/.test(key));
    function putBack(): void {
      for (const [key, body] of left) put(key, body);
    }
    function assertOthersThere(): void {
      assert.deepEqual(new Set(others).difference(new Set(bucket.keys())), new Set());
    }

    it('stays, and is listed so, as long as that can be resumed', async () => {
      fixture.aws.faults.arm('GetSnapshotBlock', { kind: 'hang' }, Infinity);
      const killed = await runProcess(['backup', instanceId], {
        env: { ...fixture.environment(), ...env },
        folder,
        watch: killedAtABlock(),
      });
      assert.equal(killed.exitCode, null);
      fixture.aws.faults.clear();
      left = new Map(
        keysOfMailboxes().map((key) => [key, bucket.current(key)?.body ?? assert.fail(key)]),
      );
      assert.ok(left.size > 0, 'the engine was killed before it wrote anything');

      const [open] = await mailboxes(' --yes');

      assert.deepEqual([open?.action, open?.reason], ['keep', 'session-open']);
      assert.match(await runDone('reconcile'), /mailbox +\d+ objects?, .* stays +its session runs/);
      assert.deepEqual(keysOfMailboxes(), [...left.keys()]);
    });

    it('is gone with the end of the session; what comes later is listed, with its size', async () => {
      await runDone('resume');
      assert.deepEqual(keysOfMailboxes(), []);
      assert.deepEqual(await mailboxes(), []);
      putBack();

      const [found, ...more] = await mailboxes();

      assert.deepEqual(more, []);
      const bytes = [...left.values()].reduce((sum, body) => sum + body.byteLength, 0);
      const { sessionId = '' } = found ?? {};
      assert.deepEqual(found, {
        ...{
          id: `control/${sessionId}/`,
          kind: 'mailbox',
          sessionId,
          instanceId,
        },
        ...{
          objects: left.size,
          bytes,
          action: 'remove',
          reason: 'session-ended',
          problem: null,
        },
      });
      const shown = await runDone('reconcile');
      assert.match(shown, /mailbox +\d+ objects?, .* would go +its session has ended/);
      assert.match(shown, /1 resource would go: repeat the command with '--yes'/);
      assert.deepEqual(await mailboxes(` --region ${otherRegion}`), [], 'there is one repository');
      assert.deepEqual(keysOfMailboxes(), [...left.keys()]);
    });

    it("is removed by '--yes', with which nothing else goes, and then there is none", async () => {
      const before = bucket.keys();

      const printed = await runDone('reconcile --yes');

      assert.match(printed, /mailbox +\d+ objects?, .* removed +its session has ended/);
      const gone = before.filter((key) => bucket.current(key) === undefined);
      assert.deepEqual(gone, [...left.keys()]);
      assert.deepEqual(await mailboxes(' --yes'), []);
      assertOthersThere();
    });

    it('is removed by an engine that runs, when it is told to', async () => {
      putBack();
      const told = await runUntil(/left over in .*: 1 resource/, 'run');
      assert.match(told, /'snapledger reconcile --region .*' shows them/);
      assert.deepEqual(keysOfMailboxes(), [...left.keys()]);

      await runUntil(/reconcile: 1 left-over resource removed/, 'run --reconcile remove');

      assert.deepEqual(keysOfMailboxes(), []);
      assertOthersThere();
    });

    /** Kills the program as soon as it asks for a block. */
    function killedAtABlock(): NonNullable<ProcessOptions['watch']> {
      let isWatched = false;
      return (child) => {
        if (isWatched) return;
        isWatched = true;
        const look = setInterval(() => {
          if (fixture.aws.faults.calls('GetSnapshotBlock') === 0) return;
          clearInterval(look);
          child.kill('SIGKILL');
        }, 20);
        child.once('close', () => {
          clearInterval(look);
        });
      };
    }

    /** Runs the program until it has said so, and stops it; gives all that it said. */
    async function runUntil(said: RegExp, line: string): Promise<string> {
      let isStopped = false;
      const { exitCode, stdout, stderr } = await runProcess(line.split(' '), {
        env: { ...fixture.environment(), ...env },
        folder,
        watch: (child, output) => {
          if (isStopped || !said.test(output.stderr)) return;
          isStopped = true;
          child.kill('SIGINT');
        },
      });
      assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
      assert.match(stderr, said);
      return stderr;
    }
  },
);
