import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PermissionFinding, Region } from '../../src/index.ts';
import { type CliRun, runCliWith } from './support/run-cli-with.ts';

const found: readonly PermissionFinding[] = [
  {
    action: 'ec2:DescribeVolumes',
    caller: 'engine',
    purpose: 'see volumes',
    target: null,
    machine: null,
    outcome: { kind: 'allowed' },
  },
  {
    action: 'ec2:DeleteSnapshot',
    caller: 'engine',
    purpose: 'remove snapshots',
    target: null,
    machine: null,
    outcome: { kind: 'untried', reason: 'there is no snapshot yet to try it on' },
  },
];
const wrong: readonly PermissionFinding[] = [
  {
    action: 'ec2:RunInstances',
    caller: 'engine',
    purpose: 'launch workers',
    target: null,
    machine: null,
    outcome: { kind: 'refused', said: 'InvalidAMIID.NotFound' },
  },
  {
    action: 's3:PutObject',
    caller: 'engine',
    purpose: 'write backups',
    target: null,
    machine: null,
    outcome: { kind: 'missing', said: 'AccessDenied' },
  },
];

function check(permissions: readonly PermissionFinding[], ...options: string[]): Promise<CliRun> {
  return runCliWith(['aws', 'check', ...options], { vault: { permissions } });
}

describe("'aws check'", () => {
  it('shows what each permission is for, and why one was not tried', async () => {
    const { exitCode, stdout } = await check(found);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^ec2:DescribeVolumes +allowed +see volumes$/m);
    assert.match(
      stdout,
      /^ec2:DeleteSnapshot +not tried +remove snapshots \(there is no snapshot/m,
    );
    assert.match(stdout, /^nothing that could be tried is missing$/m);
  });

  it('fails when something is missing or refused, and says what to do about each', async () => {
    const { exitCode, stdout } = await check([...found, ...wrong]);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^2 permissions missing or refused:$/m);
    assert.match(stdout, /ec2:RunInstances: InvalidAMIID.NotFound\n +change what .*vault\.json/);
    assert.match(
      stdout,
      /s3:PutObject: AccessDenied\n +attach the policy that 'snapledger aws policy/,
    );
  });

  it('says in which region, and with which key, and what to change there', async () => {
    const target = { region: 'eu-west-1' as Region, keyId: 'alias/copies', account: null };
    const { exitCode, stdout } = await check([
      {
        action: 'ec2:CopySnapshot',
        caller: 'engine',
        purpose: 'make copies there',
        target,
        machine: null,
        outcome: { kind: 'refused', said: 'InvalidParameterValue' },
      },
    ]);
    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /^ec2:CopySnapshot +REFUSED +eu-west-1 \(key alias\/copies\): make copies there$/m,
    );
    assert.match(
      stdout,
      /InvalidParameterValue\n +change region, key or account in the replicas of the policy/,
    );
  });

  it('says of which machine, and where to change it', async () => {
    const launch = {
      action: 'ec2:RunInstances',
      caller: 'engine',
      purpose: 'launch the workers that policies ask for',
      target: null,
    } as const;
    const { exitCode, stdout } = await check([
      {
        ...launch,
        machine: { instanceType: 'c7g.none', market: 'spot' },
        outcome: { kind: 'refused', said: 'InvalidParameterValue' },
      },
      {
        ...launch,
        machine: { instanceType: null, market: 'spot' },
        outcome: { kind: 'allowed' },
      },
    ]);
    assert.equal(exitCode, 1);
    assert.match(stdout, /^ec2:RunInstances +REFUSED +c7g\.none, spot: launch the workers/m);
    assert.match(stdout, /^ec2:RunInstances +allowed +the type of the vault, spot: launch/m);
    assert.match(
      stdout,
      /c7g\.none, spot: InvalidParameterValue\n +change types or market in the workers/,
    );
  });

  it('says of the role of the workers what to do about that one', async () => {
    const { exitCode, stdout } = await check([
      {
        action: "the workers' role",
        caller: 'worker',
        purpose: 'let a worker begin',
        target: null,
        machine: null,
        outcome: { kind: 'missing', said: 'worker i-1 ended before it said hello' },
      },
    ]);
    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /ended before it said hello\n +attach the policy that 'snapledger aws policy worker'/,
    );
  });

  it('is a list for a program', async () => {
    const { stdout } = await check([...found, ...wrong], '--json');
    const rows = JSON.parse(stdout) as readonly { id: string; outcome: string; said?: string }[];
    assert.deepEqual(
      rows.map(({ id, outcome }) => [id, outcome]),
      [
        ['ec2:DescribeVolumes', 'allowed'],
        ['ec2:DeleteSnapshot', 'untried'],
        ['ec2:RunInstances', 'refused'],
        ['s3:PutObject', 'missing'],
      ],
    );
    assert.equal(rows[3]?.said, 'AccessDenied');
  });
});
