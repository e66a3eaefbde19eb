import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { FakeSnapshot } from '../support/aws/ec2/ec2-resources.ts';
import { type Ec2Fixture, otherAccount, otherRegion } from '../support/aws/ec2/ec2-fixture.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';
const otherAccountId = '222233334444';
const there = `--region ${otherRegion} --role ${otherAccount.roleArn} --external-id ${otherAccount.externalId ?? ''}`;

interface ItemJson {
  readonly id: string;
}

interface ReconciledJson {
  readonly kind: string;
  readonly action: string;
  readonly reason: string;
}

/* A ledger that was brought back from before the first backup of an instance, by the program itself on fakes. */
describe('an instance of EC2 (a fake) that the ledger does not know', { timeout: 240_000 }, () => {
  let program: Ec2Program;
  let fixture: Ec2Fixture;
  let folder: string;
  let instanceId: InstanceId;
  let disk: string;
  let set: string;
  let replica: string;
  /** Of the moment of the set. */
  let content: Buffer;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, folder } = program);
    await cp(join(folder, 'vault'), join(folder, 'older'), { recursive: true });
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    content = await readFile(disk);
    await writeFile(join(folder, 'policies.yaml'), policies(instanceId));
    await runDone('policy apply policies.yaml');
    await runDone(`backup ${instanceId}`);
    set = await newest('snapshots');
    replica = await newest('replicas');
    await rm(join(folder, 'vault'), { recursive: true });
    await cp(join(folder, 'older'), join(folder, 'vault'), { recursive: true });
  });
  after(() => program[Symbol.asyncDispose]());

  async function newest(list: 'snapshots' | 'replicas'): Promise<string> {
    const items = await parsed<readonly ItemJson[]>(`${list} ${instanceId}`);
    return items.at(-1)?.id ?? '';
  }
  /** With a warning where the ledger cannot be sealed: the repository has a newer one. */
  async function runDone(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await program.run(line);
    assert.ok(exitCode === 0 || exitCode === 3, `${line}: ${stdout}${stderr}`);
    return stdout;
  }
  async function parsed<Result>(line: string): Promise<Result> {
    return JSON.parse(await runDone(`${line} --json`)) as Result;
  }
  const reconciled = async (options: string): Promise<readonly string[]> => {
    const { items } = await parsed<{ readonly items: readonly ReconciledJson[] }>(
      `reconcile${options}`,
    );
    return items.map(({ kind, action, reason }) => `${kind}: ${action}, ${reason}`);
  };
  const of = (accountId: string): readonly FakeSnapshot[] =>
    fixture.ec2.world.snapshots.all().filter(({ ownerId }) => ownerId === accountId);

  it('is shown with its set, which would be adopted', async () => {
    assert.deepEqual(await reconciled(''), ['snapshot: adopt, unknown-session']);
    assert.equal(await newest('snapshots'), '', 'nothing is done yet');
  });

  it('is known once its set is adopted', async () => {
    assert.deepEqual(await reconciled(' --yes'), ['snapshot: adopt, unknown-session']);

    assert.equal(await newest('snapshots'), set);
    assert.deepEqual(await reconciled(' --yes'), ['snapshot: keep, recorded']);
  });

  it('gets back its replica from another account, by the role', async () => {
    assert.deepEqual(await reconciled(` ${there} --yes`), ['replica: adopt, unknown-session']);

    assert.equal(await newest('replicas'), replica);
    assert.deepEqual(await reconciled(` ${there} --yes`), ['replica: keep, recorded']);
    const printed = await runDone(`replicas ${instanceId}`);
    assert.match(printed, new RegExp(`${otherRegion} of account ${otherAccountId}`));
    assert.match(await runDone(`why ${replica}`), /It was adopted \S+ \S+ by session/);
  });

  it('is restored from that replica to volumes in that account, byte for byte', async () => {
    const line = `restore ${replica} --to-volumes --zone ${otherRegion}a`;
    const { volumes } = await parsed<{ readonly volumes: readonly { resourceId: string }[] }>(line);

    const volume = fixture.ec2.world.volumes.find(volumes[0]?.resourceId ?? '');
    assert.equal(volume?.ownerId, otherAccountId);
    assert.ok((await readFile(volume.imagePath ?? '')).equals(content));
  });

  it('is backed up by the policy that selects it, which removes what was adopted in its time', async () => {
    await runDone('policy apply policies.yaml --yes');

    await runDone(`backup ${instanceId}`);

    assert.notEqual(await newest('snapshots'), set);
    assert.notEqual(await newest('replicas'), replica);
    assert.equal(of('111122223333').length, 1, 'the set that was adopted is gone');
    assert.equal(of(otherAccountId).length, 1, 'and so is its replica, by the role');
    assert.match(await runDone(`why ${set}`), /It was removed/);
    assert.match(await runDone(`why ${replica}`), /It was removed/);
  });
});

function policies(instanceId: InstanceId): string {
  return `policies:
  - policyId: copied
    selection: { include: { kind: instances, instanceIds: [${instanceId}] } }
    snapshots: { retention: { count: 1 } }
    replicas:
      - target:
          region: ${otherRegion}
          account: { roleArn: '${otherAccount.roleArn}', externalId: ${otherAccount.externalId ?? ''} }
        retention: { count: 1 }
    image: { level: 'on', transport: direct }
`;
}
