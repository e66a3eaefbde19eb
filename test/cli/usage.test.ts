import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';
import { sampleFormat } from './support/sample-format.ts';

describe('a command line that is not understood', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['bakup web-1', /unknown command 'bakup'\nDid you mean backup\?/],
    ['backup', /missing required argument 'instance'/],
    ['backup web-1 web-2', /too many arguments/],
    [
      'backup web-1 --snapshot-olny',
      /unknown option '--snapshot-olny'\nDid you mean --snapshot-only\?/,
    ],
    ['instance add web-1', /required option '--volume <device=image>' not specified/],
    ['instance add web-1 --volume disk.img', /Give it as DEVICE=IMAGE/],
    ['instance add web-1 --volume =disk.img', /Give it as DEVICE=IMAGE/],
    ['instance add web-1 --volume /dev/xvda=', /Give it as DEVICE=IMAGE/],
    ['policy set web-1 --keep-snapshots two', /Give a whole number/],
    ['policy set web-1 --keep-snapshots -1', /Give a whole number/],
    ['policy set web-1 --keep-snapshots 1.5', /Give a whole number, 0 or more/],
    ['policy simulate policies.yaml --image-every x', /Give a whole number, 1 or more/],
    ['policy simulate policies.yaml --image-every 0', /Give a whole number, 1 or more/],
    ['policy set web-1 --compression best', /Allowed choices are fast, balanced, small/],
    [
      'policy set web-1 --base-moves never',
      /Allowed choices are before-retention, after-retention/,
    ],
    ['restore 3f2a91c4', /nothing says where to restore/],
    ['restore 3f2 --to out', /'3f2' is no id/],
    ['restore vol/1 --to out', /'vol\/1' is no id/],
    ['restore 3f2a91c4 --to-volumes --zone eu-1a --volume-type=', /'--volume-type' is empty/],
    ['restore 3f2a91c4 --to-volumes --zone eu-1a --key=', /'--key' is empty/],
    [
      'restore 3f2a91c4 --to-instance --profile=',
      /'--profile' is empty\nname it, or give '--without-profile'/,
    ],
    [
      'restore 3f2a91c4 --to-instance --key-name=',
      /'--key-name' is empty\nname it, or give '--without-key-name'/,
    ],
    ['restore 3f2a91c4 --to-instance --subnet=', /'--subnet' is empty/],
    ['restore 3f2a91c4 --to-instance --security-group=', /'--security-group' is empty/],
    [
      'restore 3f2a91c4 --to-instance --launch-setting color=red',
      /no setting 'color'\nname one of private-ip, tenancy, boot-mode/,
    ],
    [
      'restore 3f2a91c4 --to-instance --launch-setting tenancy=shared',
      /'shared' is nothing that the setting 'tenancy' can be\ngive one of default, dedicated, host/,
    ],
    [
      'restore 3f2a91c4 --to-instance --launch-setting metadata-hops=65',
      /give a whole number from 1 to 64/,
    ],
    [
      'restore 3f2a91c4 --to-instance --launch-setting private-ip=10.0.0.256',
      /give an address of the subnet: 10\.0\.0\.7/,
    ],
    [
      'restore 3f2a91c4 --to-instance --launch-setting ena=on --launch-setting ena=off',
      /the setting 'ena' is given twice/,
    ],
    [
      'restore 3f2a91c4 --to-instance --volume-setting /dev/sdf:iops=many',
      /'many' is nothing that the setting 'iops' can be/,
    ],
    [
      'restore 3f2a91c4 --to-instance --volume-setting /dev/sdf:type=',
      /the setting 'type' is empty/,
    ],
    [
      'restore 3f2a91c4 --to-instance --volume-setting /dev/sdf:color=red',
      /no setting 'color'\nname one of device, type, size, iops, throughput, on-termination/,
    ],
    [
      'restore 3f2a91c4 --to-instance --volume-setting /dev/sdf:device=sdg',
      /give the name of a device: \/dev\/sdg/,
    ],
    ['restore 3f2a91c4 --to-instance --volume-setting iops=9', /Give it as DEVICE:KEY=VALUE/],
    [
      'restore 3f2a91c4 --to-volumes --zone eu-1a --launch-setting ena=on',
      /'--launch-setting' is said of another kind of place/,
    ],
    ['replay 3f2a91c4 --at last', /Give a whole number/],
    ['replay 3f2a91c4 --at 99', /has no event 99\nits last one is 16/],
    ['verify xyz1', /'xyz1' is no id/],
    [
      'why 3f2a91c4 --at 2026-03-29T12:00:01Z',
      /2026-03-29T12:00:01\.000Z, after '--at', has not come yet\nGive a moment of the past/,
    ],
  ];

  for (const [line, expected] of cases) {
    it(`'${line}' is exit code 2, with a hint, and nothing on stdout`, async () => {
      const run = await runCliWith(line.split(' '));
      assert.match(run.stderr, expected);
      assertUsageError(run);
    });
  }

  it('is answered with one JSON object when JSON was asked for', async () => {
    const { exitCode, stdout, stderr } = await runCliWith(['bakup', '--json']);
    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.deepEqual(JSON.parse(stderr), {
      level: 'error',
      code: 'INVALID_ARGUMENT',
      message: "unknown command 'bakup'",
      remedy: "Did you mean backup? 'snapledger --help' shows what there is, with examples",
      details: {},
    });
  });

  it('names the help of the command that was meant, however far its names are right', async () => {
    for (const [line, help] of [
      ['--vault v policy set --keep-snapshots', 'snapledger policy set --help'],
      ['policy sett', 'snapledger policy --help'],
      ['backup web-1 --quick', 'snapledger backup --help'],
    ] as const) {
      const run = await runCliWith(line.split(' '));
      assert.match(run.stderr, new RegExp(`'${help}' shows what there is`, 'v'));
      assertUsageError(run);
    }
  });

  it('names both ways to give a vault when none is named', async () => {
    for (const env of [{}, { SNAPLEDGER_VAULT: '' }]) {
      const run = await runCliWith(['sessions'], { env });
      assert.match(run.stderr, /no vault is named\n.*--vault DIR.*SNAPLEDGER_VAULT/);
      assertUsageError(run);
    }
  });

  it('is a policy that a program made for several instances', async () => {
    const policy = { ...(await defaultPolicyOf('web-1')), policyId: 'nightly' };
    const run = await runCliWith(['policy', 'set', 'web-1'], {
      vault: { policy: policy as never },
    });
    assert.match(run.stderr, /under policy 'nightly'/);
    assertUsageError(run);
  });
});

describe('the vault', () => {
  it('can be named before and after the command, and then wins over the environment', async () => {
    const env = { SNAPLEDGER_VAULT: 'other', SNAPLEDGER_PASSPHRASE: 'secret' };
    for (const argv of [
      ['--vault', 'mine', 'init', '--json'],
      ['init', '--json', '--vault', 'mine'],
      ['init', '--json', '--vault=/somewhere/mine'],
    ]) {
      const { stdout } = await runCliWith(argv, { env });
      assert.deepEqual(JSON.parse(stdout), {
        folder: '/somewhere/mine',
        eventStore: { kind: 'sqlite' },
        repository: { kind: 'filesystem', root: '/somewhere/mine/repository' },
        format: sampleFormat,
        recoveryKey: 'SLRK1-MADE-UP',
        cloud: { kind: 'local' },
      });
    }
    const { stdout } = await runCliWith(['init', '--json'], { env });
    assert.match(stdout, /"folder": "\/somewhere\/other"/);
  });
});

function assertUsageError({ exitCode, stdout, stderr }: CliRun): void {
  assert.equal(exitCode, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^snapledger: .+\n.+\n$/);
  assert.doesNotMatch(stderr, /^\s+at /m);
}

async function defaultPolicyOf(instance: string): Promise<object> {
  const { stdout } = await runCliWith(['policy', 'show', instance, '--json']);
  return JSON.parse(stdout) as object;
}
