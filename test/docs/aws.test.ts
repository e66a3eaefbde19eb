import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { runInProcess } from '../cli/support/run-in-process.ts';
import { type Ec2Fixture, homeRegion, openEc2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { immediately } from '../support/aws/ec2/ec2-world.ts';
import { useAccount } from '../support/aws/use-account.ts';
import { makeNodeArchive } from '../support/aws/ec2/node-archive.ts';
import { FakeBucket } from '../support/aws/s3/fake-bucket.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { consoleSamplesOf, patternOfLine } from './console-samples.ts';

const page = await readFile(new URL('../../docs/aws.md', import.meta.url), 'utf8');

/*
 * The guide from an empty account to a first backup, on fakes of EC2, EBS direct and S3. Where it has
 * a region and an instance of its own, those of the fake are put, and `init` is told where the fake of S3 is.
 */
describe('docs/aws.md', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let fixture: Ec2Fixture;
  let account: Disposable;
  let instanceId: string;
  before(async () => {
    temporary = await makeTemporaryFolder();
    const bucket = new FakeBucket({ name: 'my-bucket', region: homeRegion });
    fixture = await openEc2Fixture({ buckets: [bucket], nodeOfImage: 'missing' });
    account = useAccount(fixture.environment());
    Object.assign(fixture.ec2.world.timing, immediately);
    instanceId = await fixture.addInstance([{ device: '/dev/xvda', sizeGib: 1 }]);
    await writeBlock(fixture.diskPath(instanceId, '/dev/xvda'), 2, noise('disk', blockSizeBytes));
    const archive = await makeNodeArchive(join(temporary.path, 'node'));
    await copyFile(archive, join(temporary.path, 'node-v24.15.0-linux-arm64.tar.gz'));
  });
  after(async () => {
    account[Symbol.dispose]();
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  async function run(command: string): Promise<string> {
    const [program, ...args] = command.split(' ');
    assert.equal(program, 'snapledger');
    const { exitCode, stdout, stderr } = await runInProcess(args, {
      folder: temporary.path,
      env: { SNAPLEDGER_VAULT: 'backups', SNAPLEDGER_PASSPHRASE: 'correct horse' },
    });
    assert.equal(exitCode, 0, `${command}: ${stdout}${stderr}`);
    return stdout;
  }

  it('leads to a first backup, and to a restore of it', async () => {
    const here = page
      .replaceAll('eu-central-1', homeRegion)
      .replaceAll('i-0123456789abcdef0', instanceId);
    const samples = consoleSamplesOf(here);
    assert.ok(samples.length >= 9);
    for (const { command, output } of samples) {
      const isInit = command.startsWith('snapledger init ');
      const point = command.includes('POINT') ? await newestPoint() : '';
      const printed = await run(
        command.replace('POINT', point) + (isInit ? ` --s3-endpoint ${fixture.aws.endpoint}` : ''),
      );
      assert.ok(output.length > 0, command);
      for (const line of output) {
        assert.match(printed, patternOfLine(line), `${command} prints: ${line}`);
      }
    }
  });

  async function newestPoint(): Promise<string> {
    const points = JSON.parse(await run('snapledger points --json')) as readonly { id: string }[];
    return points.at(-1)?.id ?? '';
  }
});
