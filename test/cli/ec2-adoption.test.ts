import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { volumeFiles } from '../../src/adapters/local-cloud/volumes/volume-record.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { type Ec2Fixture, homeRegion, otherRegion } from '../support/aws/ec2/ec2-fixture.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';

interface ReconciledJson {
  readonly id: string;
  readonly kind: string;
  readonly action: string;
  readonly reason: string;
  readonly problem: { readonly code: string } | null;
}

/* A ledger that was brought back from an older copy, on fakes of EC2, EBS direct and S3. */
describe('a vault on EC2 (a fake) whose ledger is an older copy', { timeout: 240_000 }, () => {
  let program: Ec2Program;
  let folder: string;
  let run: Ec2Program['run'];
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let disk: string;
  /** Of the moment of the set that the ledger does not have. */
  let content: Buffer;
  let known: string;
  let lost: string;
  let lostReplica: string;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, folder, run } = program);
    instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
    disk = fixture.diskPath(instanceId, device);
    await writeFile(
      join(folder, 'policies.yaml'),
      `policies:
  - policyId: copied
    selection: { include: { kind: instances, instanceIds: [${instanceId}] } }
    snapshots: { retention: { count: 2 } }
    replicas:
      - target: { region: ${otherRegion} }
        retention: { count: 2 }
    image: { level: 'on', transport: direct }
`,
    );
    await runDone('policy apply policies.yaml');
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    known = (await idsOf('snapshots')).at(-1) ?? '';
    await cp(join(folder, 'vault'), join(folder, 'older'), { recursive: true });
    await writeBlock(disk, 9, noise('second', blockSizeBytes));
    await runDone(`backup ${instanceId}`);
    content = await readFile(disk);
    lost = (await idsOf('snapshots')).at(-1) ?? '';
    lostReplica = (await idsOf('replicas')).at(-1) ?? '';
    await rm(join(folder, 'vault'), { recursive: true });
    await cp(join(folder, 'older'), join(folder, 'vault'), { recursive: true });
  });
  after(() => program[Symbol.asyncDispose]());

  /** With a warning where the ledger cannot be sealed: the repository has a newer one. */
  const runDone = async (line: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(line);
    assert.ok(exitCode === 0 || exitCode === 3, `${line}: ${exitCode} ${stdout}${stderr}`);
    return stdout;
  };
  const idsOf = async (list: 'snapshots' | 'replicas'): Promise<readonly string[]> => {
    const items = JSON.parse(await runDone(`${list} ${instanceId} --json`)) as { id: string }[];
    return items.map(({ id }) => id);
  };
  const reconciled = async (options = ''): Promise<readonly ReconciledJson[]> => {
    const printed = await runDone(`reconcile${options} --json`);
    return (JSON.parse(printed) as { items: readonly ReconciledJson[] }).items;
  };
  const adoptions = async (): Promise<readonly string[]> => {
    const sessions = JSON.parse(await runDone('sessions --json')) as {
      readonly id: string;
      readonly scope: string | null;
    }[];
    return sessions.filter(({ scope }) => scope === 'adoption').map(({ id }) => id);
  };
  const snapshotsIn = (region: string): readonly string[] =>
    fixture.ec2.world.snapshots
      .all()
      .filter((one) => one.region === region)
      .map(({ id }) => id);

  it('is told which set it lacks, and why; nothing is done yet', async () => {
    assert.deepEqual(await idsOf('snapshots'), [known]);

    const plan = await runDone('reconcile');

    assert.match(plan, /snapshot +snap-\S+ .*would be adopted +whole, and this\n/);
    assert.match(plan, /1 resource would be adopted: repeat the command with '--yes'/);
    assert.deepEqual(await idsOf('snapshots'), [known]);
  });

  it('adopts it once, also when two programs do so at once', async () => {
    const both = await Promise.all([run('reconcile --yes --json'), run('reconcile --yes --json')]);

    const items = both.flatMap(
      ({ stdout }) => (JSON.parse(stdout) as { items: readonly ReconciledJson[] }).items,
    );
    assert.equal((await adoptions()).length, 1, JSON.stringify(items));
    assert.deepEqual(await idsOf('snapshots'), [known, lost]);
    for (const { action, reason } of await reconciled()) {
      assert.deepEqual([action, reason], ['keep', 'recorded']);
    }
  });

  it('adopts the replica in its region as well', async () => {
    const found = await reconciled(` --region ${otherRegion} --yes`);

    assert.deepEqual(found.map(({ action, problem }) => [action, problem]).toSorted(), [
      ['adopt', null],
      ['keep', null],
    ]);
    assert.ok((await idsOf('replicas')).includes(lostReplica));
    const again = await reconciled(` --region ${otherRegion} --yes`);
    assert.ok(again.every(({ action }) => action === 'keep'));
  });

  it('tells auditors who adopted it, in which session, and why', async () => {
    const [session = ''] = await adoptions();

    assert.match(await runDone(`why ${lost}`), /It was adopted \S+ \S+ by session .*does not know/);
    const timeline = await runDone(`audit timeline ${instanceId}`);
    assert.match(
      timeline,
      /snapshot set \S+ adopted +in session .*\n +whole, and this ledger does not know/,
    );
    assert.match(await runDone(`replay ${session}`), /snapshot set .* adopted: whole/);
    assert.match(await runDone(`sessions ${instanceId}`), / adoption .*done/);
  });

  it('restores from the set byte for byte, and from the replica in its region', async () => {
    const restored = async (id: string, zone: string): Promise<string> => {
      const printed = await runDone(`restore ${id} --to-volumes --zone ${zone} --json`);
      const { volumes } = JSON.parse(printed) as { volumes: { resourceId: string }[] };
      return volumes[0]?.resourceId ?? '';
    };

    const volumeId = await restored(lost, `${homeRegion}b`);
    const image = join(fixture.localFolder, 'volumes', volumeId, volumeFiles.image);
    assert.ok((await readFile(image)).equals(content));

    // Of other regions the fake has no data.
    const there = fixture.ec2.world.volumes.find(await restored(lostReplica, `${otherRegion}a`));
    assert.equal(there?.snapshotId, snapshotsIn(otherRegion).at(-1));
  });

  it('compares the next backup with the set of its last point, and retention counts the other', async () => {
    const printed = await runDone(`backup ${instanceId} --json`);

    const { volumes } = JSON.parse(printed) as {
      volumes: { mode: string; baseSnapshotId: string }[];
    };
    const base = JSON.parse(await runDone(`why ${known} --json`)) as { state: string };
    assert.equal(base.state, 'removed', 'two newer ones are there');
    assert.deepEqual(
      volumes.map(({ mode }) => mode),
      ['changed'],
    );
    const sets = await idsOf('snapshots');
    assert.deepEqual([sets.length, sets[0]], [2, lost]);
  });

  it('removes it when its time has come', async () => {
    const before = snapshotsIn(homeRegion).length;
    const copiesBefore = snapshotsIn(otherRegion).length;

    await runDone(`backup ${instanceId}`);

    assert.ok(!(await idsOf('snapshots')).includes(lost));
    assert.ok(!(await idsOf('replicas')).includes(lostReplica));
    assert.equal(snapshotsIn(homeRegion).length, before, 'one more, one less');
    assert.equal(snapshotsIn(otherRegion).length, copiesBefore);
    assert.match(await runDone(`why ${lost}`), /It was removed/);
  });
});
