import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { FakeSnapshot, FakeVolume } from '../support/aws/ec2/ec2-resources.ts';
import {
  type Ec2Fixture,
  homeRegion,
  otherAccount,
  otherRegion,
} from '../support/aws/ec2/ec2-fixture.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';
const otherAccountId = '222233334444';
const role = `--role ${otherAccount.roleArn} --external-id ${otherAccount.externalId ?? ''}`;

/*
 * A policy that copies to a second account, from the first backup to the loss of the first account, by the
 * program itself on fakes of EC2, EBS direct, S3 and STS.
 */
describe('copies to a second account of AWS (a fake)', { timeout: 240_000 }, () => {
  let program: Ec2Program;
  let folder: string;
  let run: Ec2Program['run'];
  let runDone: Ec2Program['runDone'];
  let parsed: Ec2Program['parsed'];
  let signalledAt: Ec2Program['signalledAt'];
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let disk: string;
  let repository: string;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, folder, repository, run, runDone, parsed, signalledAt } = program);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeFile(join(folder, 'policies.yaml'), policiesTo(otherAccount.roleArn));
  });
  after(() => program[Symbol.asyncDispose]());
  beforeEach(() => {
    fixture.aws.faults.clear();
  });

  const policiesTo = (roleArn: string): string => `policies:
  - policyId: copied
    selection: { include: { kind: instances, instanceIds: [${instanceId}] } }
    snapshots: { retention: { count: 2 } }
    replicas:
      - target:
          region: ${otherRegion}
          account:
            roleArn: ${roleArn}
            externalId: ${otherAccount.externalId ?? ''}
        retention: { count: 2 }
    image: { level: 'on', transport: direct }
`;
  const of = (accountId: string): readonly FakeSnapshot[] =>
    fixture.ec2.world.snapshots.all().filter(({ ownerId }) => ownerId === accountId);
  const contentOf = (volume: FakeVolume | undefined): Promise<Buffer> =>
    readFile(volume?.imagePath ?? '');
  const shared = (): readonly string[] =>
    of('111122223333').flatMap(({ id, readers }) => (readers.size > 0 ? [id] : []));

  it('are refused, with line and remedy, where the role is none', async () => {
    await writeFile(join(folder, 'wrong.yaml'), policiesTo('snapledger-copies'));
    const { exitCode, stderr } = await run('policy apply wrong.yaml');
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /wrong\.yaml:9:\d+.*roleArn/s);
    assert.match(stderr, /the ARN of a role, such as arn:aws:iam::222233334444:role/);
  });

  it('are refused in a vault whose cloud has no accounts', async () => {
    const env = { SNAPLEDGER_VAULT: 'local' };
    await runDone('init', { env });
    const { exitCode, stderr } = await run('policy apply policies.yaml', { env });
    assert.equal(exitCode, 2);
    assert.match(stderr, /replicas\[0\]\.target\.account names an account/);
    assert.match(stderr, /Other accounts are for vaults on EC2/);
  });

  it('are tried before: the role, sharing, and what the role may', async () => {
    await runDone('policy apply policies.yaml');
    const where = `${otherRegion} of account ${otherAccountId}: `;
    const printed = await runDone('aws check');
    assert.match(printed, new RegExp(`sts:AssumeRole +allowed +${where}enter the account`));
    assert.match(printed, new RegExp(`ec2:ModifySnapshotAttribute +not tried +${where}`));
    assert.match(printed, new RegExp(`ec2:CopySnapshot +not tried +${where}`));

    assert.doesNotMatch(await runDone('aws check --json'), /externalId|of-the-fixture/);

    fixture.ec2.forbidden.add(`DescribeSnapshots in ${otherAccountId}`);
    const missing = await run('aws check');
    fixture.ec2.forbidden.clear();
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stdout, /'snapledger aws policy account' prints to the role/);

    const [known] = fixture.sts.roles;
    assert.ok(known !== undefined);
    known.trusts = 'nobody';
    const refused = await run('aws check');
    known.trusts = '111122223333';
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stdout, /sts:AssumeRole +MISSING/);
    assert.match(refused.stdout, /'--account-role' if policies copy to other accounts/);
  });

  it('take policies that are for the roles and keys that they name, and for nothing else', async () => {
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/abcd-1234';
    const printed = await runDone(`aws policy engine --account-role ${otherAccount.roleArn}`);
    assert.match(printed, new RegExp(`"sts:AssumeRole"[^}]*${otherAccount.roleArn}`, 's'));
    assert.match(await runDone(`aws policy account --key ${key}`), new RegExp(key));
    const cases = [
      ['engine --account-role copies', /'copies' is not the ARN of a role/],
      ['account --key alias/ours', /aliases mean nothing in a policy/],
      [`engine --key ${key}`, /--key is for the role in another account/],
      [`account --account-role ${otherAccount.roleArn}`, /--account-role is for the engine/],
    ] as const;
    for (const [line, words] of cases) {
      const { exitCode, stderr } = await run(`aws policy ${line}`);
      assert.equal(exitCode, 2, line);
      assert.match(stderr, words);
    }
  });

  it('are made with every backup, and the sources are shared with nobody afterwards', async () => {
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await runDone(`backup ${instanceId}`);

    assert.deepEqual(
      of(otherAccountId).map(({ region }) => region),
      [otherRegion],
    );
    assert.deepEqual(shared(), []);
    assert.match(
      await runDone(`replicas ${instanceId}`),
      new RegExp(`${otherRegion} of account ${otherAccountId}`),
    );
    const printed = await runDone(`replicas ${instanceId} --json`);
    assert.match(printed, new RegExp(`"accountId": ?"${otherAccountId}"`));
    assert.doesNotMatch(printed, /externalId|of-the-fixture/);
  });

  it('leave by retention of their own, by the role', async () => {
    for (const number of [4, 5, 6]) {
      await writeBlock(disk, number, noise(`block ${number}`, blockSizeBytes));
      await runDone(`backup ${instanceId}`);
    }
    assert.equal(of(otherAccountId).length, 2);
    assert.equal(of('111122223333').length, 2);
    assert.deepEqual(shared(), []);
  });

  it('that fail later leave a warning, no copy, and nothing shared', async () => {
    const keyed = policiesTo(otherAccount.roleArn).replace(
      '          account:',
      '          keyId: alias/missing\n          account:',
    );
    await writeFile(join(folder, 'keyed.yaml'), keyed);
    await runDone('policy apply keyed.yaml');
    const { exitCode, stdout, stderr } = await run(`backup ${instanceId}`);
    await runDone('policy apply policies.yaml');
    assert.equal(exitCode, 3, stdout + stderr);
    assert.match(stdout + stderr, /Given key ID is not accessible/);
    assert.deepEqual(shared(), []);
    assert.equal(of(otherAccountId).length, 2);
  });

  it('tell when a source could not be taken back, and reconcile does it', async () => {
    // The first request shares; those that take it back all fail.
    fixture.aws.faults.arm('ModifySnapshotAttribute', { kind: 'latency', delayMs: 0 });
    const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
    fixture.aws.faults.arm('ModifySnapshotAttribute', denied, Infinity);

    const { exitCode, stdout, stderr } = await run(`backup ${instanceId}`);

    assert.equal(exitCode, 3);
    assert.match(stdout + stderr, /account 222233334444 can still read snap-/);
    assert.equal(shared().length, 1);
    fixture.aws.faults.clear();
    assert.match(await runDone('reconcile'), /share +snap-\S+ .*would go +its session has ended/);
    await runDone('reconcile --yes');
    assert.deepEqual(shared(), []);
  });

  describe('whose engine is killed between sharing the source and copying it', () => {
    const killed = async (): Promise<void> => {
      fixture.aws.faults.arm('CopySnapshot', { kind: 'hang' }, Infinity);
      const { exitCode } = await run(`backup ${instanceId}`, {
        watch: signalledAt('CopySnapshot'),
      });
      assert.equal(exitCode, null);
      assert.equal(shared().length, 1, 'a crash leaves it shared');
      fixture.aws.faults.clear();
    };
    const replicas = (): Promise<readonly { readonly id: string }[]> =>
      parsed(`replicas ${instanceId}`);

    it('stay shared while the session is open, and are made by resume, which takes the share back', async () => {
      const [before] = (await replicas()).slice(-1);
      await killed();
      assert.match(await runDone('reconcile --yes'), /share +snap-\S+ .*stays +its session runs/);
      assert.equal(shared().length, 1);

      await runDone('resume');

      assert.deepEqual(shared(), []);
      assert.equal(of(otherAccountId).length, 2);
      assert.notDeepEqual((await replicas()).at(-1), before, 'there is a newer one');
    });

    it('are given up by resume when they cannot be made, and nothing stays shared', async () => {
      const before = await replicas();
      await killed();
      const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
      fixture.aws.faults.arm('CopySnapshot', denied, Infinity);

      const { exitCode, stdout, stderr } = await run('resume');

      assert.equal(exitCode, 3, stdout + stderr);
      assert.deepEqual(shared(), []);
      assert.deepEqual(await replicas(), before);
      assert.ok(
        (await parsed<{ items: { action: string }[] }>('reconcile')).items.every(
          ({ action }) => action === 'keep',
        ),
      );
    });

    it('are taken back by reconcile when whoever ended the session could not', async () => {
      await killed();
      const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
      // Whoever goes on shares it once more, and then can do nothing with it.
      fixture.aws.faults.arm('ModifySnapshotAttribute', { kind: 'latency', delayMs: 0 });
      for (const operation of ['CopySnapshot', 'ModifySnapshotAttribute']) {
        fixture.aws.faults.arm(operation, denied, Infinity);
      }
      const { exitCode, stdout, stderr } = await run('resume');
      assert.equal(exitCode, 3, stdout + stderr);
      assert.equal(shared().length, 1);
      fixture.aws.faults.clear();

      await runDone('reconcile --yes');

      assert.deepEqual(shared(), []);
    });
  });

  it('are cancelled at once while the account does not see yet what was shared with it', async () => {
    const { timing } = fixture.ec2.world;
    timing.sharedAfterMs = Infinity;
    const watch = signalledAt('CopySnapshot', { signal: 'SIGINT' });

    const { exitCode, stdout, stderr } = await run(`backup ${instanceId}`, { watch });

    timing.sharedAfterMs = 0;
    assert.match(stdout + stderr, /cancelled/);
    assert.notEqual(exitCode, null, 'it came to its end by itself');
    assert.deepEqual(shared(), []);
    assert.equal(of(otherAccountId).length, 2);
  });

  it('are looked at, too, by reconcile', async () => {
    const printed = await runDone(`reconcile --region ${otherRegion} ${role} --json`);
    const { items, accountId } = JSON.parse(printed) as {
      accountId: string;
      items: { kind: string; reason: string }[];
    };
    assert.equal(accountId, otherAccountId);
    assert.deepEqual(
      items.map(({ kind, reason }) => `${kind}: ${reason}`),
      ['replica: recorded', 'replica: recorded'],
    );
  });

  it('are restored to volumes in their account, and not to the original place', async () => {
    const replicas = JSON.parse(await runDone(`replicas ${instanceId} --json`)) as { id: string }[];
    const replica = replicas.at(-1)?.id ?? '';

    await runDone(`restore ${replica} --to-volumes --zone ${otherRegion}a`);

    const made = fixture.ec2.world.volumes.all().filter((one) => one.ownerId === otherAccountId);
    assert.equal(made.length, 1);
    assert.ok(of(otherAccountId).some(({ id }) => id === made[0]?.snapshotId));
    assert.ok((await contentOf(made[0])).equals(await readFile(disk)));
    const original = await run(`restore ${replica} --to-original --stop`);
    assert.notEqual(original.exitCode, 0);
    assert.match(original.stderr, /is in eu-other-2 of account 222233334444/);
  });

  it('are restored to an instance in their account, of which nothing of the first account is used', async () => {
    const replicas = JSON.parse(await runDone(`replicas ${instanceId} --json`)) as { id: string }[];
    const replica = replicas.at(-1)?.id ?? '';
    const line = `restore ${replica} --to-instance --volume-type gp3`;
    const { exitCode, stderr } = await run(line);
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /--subnet, --security-group/);

    await runDone(
      `${line} --subnet subnet-0fedcba9876543210 --security-group sg-0fedcba9876543210`,
    );

    const launched = fixture.ec2.world.instances
      .all()
      .filter(({ ownerId }) => ownerId === otherAccountId);
    assert.equal(launched.length, 1);
    assert.equal(launched[0]?.request['IamInstanceProfile'], undefined);
    const [root, ...others] = fixture.ec2.world.volumes
      .all()
      .filter(({ attachment }) => attachment?.instanceId === launched[0]?.id);
    assert.deepEqual(others, []);
    assert.ok((await contentOf(root)).equals(await readFile(disk)));
  });

  it('tell everything when the first account and the vault are lost', async () => {
    for (const { id } of of('111122223333')) fixture.ec2.world.snapshots.remove(id);
    await rm(join(folder, 'vault'), { recursive: true });

    const line = `recover --region ${otherRegion} ${role} ${repository} --s3-region ${homeRegion} --json`;
    const { accountId: looked, replicas } = JSON.parse(await runDone(line)) as {
      accountId: string;
      replicas: { instanceId: string; condition: string; accountId: string }[];
    };

    assert.equal(looked, otherAccountId);
    assert.equal(replicas.length, 2);
    for (const { instanceId: of, condition, accountId } of replicas) {
      assert.deepEqual([of, condition, accountId], [instanceId, 'whole', otherAccountId]);
    }
    const { stderr } = await run(`recover --region ${otherRegion} --external-id x ${repository}`);
    assert.match(stderr, /--external-id is for a role/);
  });
});
