import assert from 'node:assert/strict';
import {
  type Ec2Fixture,
  type Ec2FixtureOptions,
  homeRegion,
  openEc2Fixture,
} from '../../support/aws/ec2/ec2-fixture.ts';
import { immediately } from '../../support/aws/ec2/ec2-world.ts';
import { FakeBucket } from '../../support/aws/s3/fake-bucket.ts';
import { useAccount } from '../../support/aws/use-account.ts';
import { makeTemporaryFolder } from '../../support/vault/temporary-folder.ts';
import { type ProcessOptions, type ProcessResult, runProcess } from './cli-process.ts';
import { runInProcess } from './run-in-process.ts';

export interface Ec2ProgramOptions extends Pick<Ec2FixtureOptions, 'nodeOfImage'> {
  /** Whether there is a vault on EC2 from the beginning; default: it is made. */
  readonly vault?: 'made' | 'none';
}

export interface RunOptions {
  /** Sees the program, which is a process of its own then. */
  readonly watch?: NonNullable<ProcessOptions['watch']>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its environment has the passphrase; default: it has. */
  readonly passphrase?: 'given' | 'none';
}

/** The program with the folder that it is called in, and fakes of EC2, EBS direct, S3 and STS where nothing is late. */
export interface Ec2Program extends AsyncDisposable {
  readonly fixture: Ec2Fixture;
  readonly bucket: FakeBucket;
  /** Its vault is in `vault`. */
  readonly folder: string;
  /** Options that name the repository. */
  readonly repository: string;
  readonly run: (line: string, options?: RunOptions) => Promise<ProcessResult>;
  /** What it prints; it is to succeed. */
  readonly runDone: (line: string, options?: RunOptions) => Promise<string>;
  /** What it prints with `--json`. */
  readonly parsed: <Result>(line: string) => Promise<Result>;
  /** Signals the program when it asks for this for the so-manieth time from now. */
  readonly signalledAt: (
    operation: string,
    options?: { readonly times?: number; readonly signal?: NodeJS.Signals },
  ) => NonNullable<ProcessOptions['watch']>;
}

export async function openEc2Program({
  vault = 'made',
  ...options
}: Ec2ProgramOptions = {}): Promise<Ec2Program> {
  await using opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(await makeTemporaryFolder());
  const bucket = new FakeBucket({ name: 'backups', region: homeRegion });
  const fixture = opened.use(await openEc2Fixture({ buckets: [bucket], ...options }));
  opened.use(useAccount(fixture.environment()));
  // The program polls in seconds: what the fake takes its time for is tested elsewhere.
  Object.assign(fixture.ec2.world.timing, immediately);

  const run: Ec2Program['run'] = (line, { watch, env: other = {}, passphrase = 'given' } = {}) => {
    const argv = line.split(' ');
    const secret = passphrase === 'given' ? { SNAPLEDGER_PASSPHRASE: 'correct horse' } : {};
    const env = { SNAPLEDGER_VAULT: 'vault', ...secret, ...other };
    if (watch === undefined) return runInProcess(argv, { env, folder });
    return runProcess(argv, { env: { ...fixture.environment(), ...env }, folder, watch });
  };
  const runDone: Ec2Program['runDone'] = async (line, choice) => {
    const { exitCode, stdout, stderr } = await run(line, choice);
    assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
    return stdout;
  };
  const repository = `--repository s3://backups/own --s3-endpoint ${fixture.aws.endpoint}`;
  if (vault === 'made') await runDone(`init ${repository} --cloud ec2 --region ${homeRegion}`);
  const rig = opened.move();
  return {
    fixture,
    bucket,
    folder,
    repository,
    run,
    runDone,
    parsed: async <Result>(line: string) => JSON.parse(await runDone(`${line} --json`)) as Result,
    signalledAt: (operation, { times = 1, signal = 'SIGKILL' } = {}) => {
      const { faults } = fixture.aws;
      const dueCalls = faults.calls(operation) + times;
      let isWatched = false;
      return (child) => {
        if (isWatched) return;
        isWatched = true;
        const look = setInterval(() => {
          if (faults.calls(operation) < dueCalls) return;
          clearInterval(look);
          child.kill(signal);
        }, 5);
        child.once('close', () => {
          clearInterval(look);
        });
      };
    },
    [Symbol.asyncDispose]: () => rig.disposeAsync(),
  };
}
