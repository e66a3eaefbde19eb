import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tagNamePrefix } from '../../src/adapters/aws/tags/tag-name.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { FakeInstance, FakeVolume } from '../support/aws/ec2/ec2-resources.ts';
import type { Ec2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const root = '/dev/xvda';
const data = '/dev/sdf';
const owned = { Key: 'owner', Value: 'somebody' };

interface Place {
  readonly device: string;
  readonly kept: string | null;
  readonly placed: string | null;
}

interface RestoreJson {
  readonly id: string;
  readonly exchange: { readonly volumes: readonly Place[] };
}

/* Restores to the instance itself, on fakes; those that are killed by the real program in processes of its own. */
describe('a restore to the original place on EC2 (a fake)', { timeout: 480_000 }, () => {
  let program: Ec2Program;
  let run: Ec2Program['run'];
  let runDone: Ec2Program['runDone'];
  let signalledAt: Ec2Program['signalledAt'];
  let fixture: Ec2Fixture;
  let instanceId: InstanceId;
  let point: string;
  let set: string;

  before(async () => {
    program = await openEc2Program();
    ({ fixture, run, runDone, signalledAt } = program);
    fixture.ec2.world.timing.bootMs = 0;
  });
  after(() => program[Symbol.asyncDispose]());
  /** Each has an instance of its own, backed up once. */
  beforeEach(async () => {
    fixture.aws.faults.clear();
    instanceId = await fixture.addInstance([
      { device: root, sizeGib: 1, tags: [owned] },
      { device: data, sizeGib: 1 },
    ]);
    const rootVolume = at(root);
    assert.ok(rootVolume !== undefined && rootVolume.attachment !== null);
    rootVolume.attachment = { ...rootVolume.attachment, deleteOnTermination: true };
    Object.assign(rootVolume, { iops: 9000, throughput: 500 });
    await writeBlock(fixture.diskPath(instanceId, root), 3, noise('root', blockSizeBytes));
    await writeBlock(fixture.diskPath(instanceId, data), 5, noise('data', blockSizeBytes));
    await runDone(`policy set ${instanceId} --keep-snapshots 2 --image --transport direct`);
    await runDone(`backup ${instanceId}`);
    point = await newest('points');
    set = await newest('snapshots');
  });

  async function runRefused(line: string, words: RegExp): Promise<void> {
    const { exitCode, stdout, stderr } = await run(line);
    assert.notEqual(exitCode, 0, `${line}: ${stdout}`);
    assert.match(stdout + stderr, words);
  }
  async function newest(list: 'snapshots' | 'points'): Promise<string> {
    const items = JSON.parse(await runDone(`${list} ${instanceId} --json`)) as { id: string }[];
    return items.at(-1)?.id ?? '';
  }
  async function restored(line: string): Promise<RestoreJson> {
    return JSON.parse(await runDone(`${line} --json`)) as RestoreJson;
  }
  async function eventsOf(sessionId: string): Promise<readonly string[]> {
    const printed = JSON.parse(await runDone(`replay ${sessionId} --json`)) as {
      readonly type: string;
    }[];
    return printed.map(({ type }) => type);
  }

  const instance = (): FakeInstance => {
    const found = fixture.ec2.world.instances.find(instanceId);
    assert.ok(found !== undefined);
    return found;
  };
  const volume = (id: string | null): FakeVolume => {
    const found = fixture.ec2.world.volumes.find(id ?? '');
    assert.ok(found !== undefined, `there is a volume ${String(id)}`);
    return found;
  };
  const at = (device: string): FakeVolume | undefined =>
    fixture.ec2.world.volumes
      .all()
      .find(
        ({ attachment }) => attachment?.instanceId === instanceId && attachment.device === device,
      );
  const ids = (): readonly (string | undefined)[] => [at(root)?.id, at(data)?.id];
  const isRunning = (): boolean => instance().stoppedAtMs === null;
  const ourTags = ({ tags }: FakeVolume): number =>
    tags.filter(({ Key }) => Key.startsWith(tagNamePrefix)).length;
  /** Free volumes that are not deleted and that carry our tags, of whatever restore. */
  const marked = (): readonly string[] =>
    fixture.ec2.world.volumes
      .all()
      .filter((one) => one.deletedAtMs === null && one.attachment === null && ourTags(one) > 0)
      .map(({ id }) => id);

  it('is refused for an instance that runs, and for options of other places', async () => {
    const before = ids();
    await runRefused(`restore ${point} --to-original`, /runs.*'--stop'/s);
    await runRefused(`restore ${point} --to-original --zone x`, /'--zone' is said of another kind/);
    await runRefused(`restore ${point} --to x --stop`, /'--stop' is said of another kind/);
    await runRefused(`restore ${point} --to x --to-original`, /more than one is asked for/);
    assert.deepEqual(ids(), before);
    assert.ok(isRunning());
    assert.deepEqual(marked(), []);
  });

  it('keeps what was there, detached and marked, and starts the instance again', async () => {
    const before = ids();
    for (const operation of [
      'CreateTags',
      'StopInstances',
      'DetachVolume',
      'AttachVolume',
      'ModifyInstanceAttribute',
      'StartInstances',
    ]) {
      fixture.aws.faults.arm(operation, { kind: 'reply-lost' });
    }

    const { id, exchange } = await restored(`restore ${point} --to-original --stop`);

    const wasAt = new Map([
      [root, before[0]],
      [data, before[1]],
    ]);
    assert.equal(exchange.volumes.length, 2);
    assert.ok(isRunning());
    for (const { device, kept, placed } of exchange.volumes) {
      assert.equal(kept, wasAt.get(device));
      assert.equal(at(device)?.id, placed);
      assert.deepEqual(
        [...(volume(placed).written?.keys() ?? [])],
        device === root ? [3] : [5],
        'it has what was backed up',
      );
      assert.equal(volume(placed).attachment?.deleteOnTermination ?? false, device === root);
      const { iops = null, throughput = null } = volume(placed);
      assert.deepEqual([iops, throughput], device === root ? [9000, 500] : [null, null]);
      const old = volume(kept);
      assert.equal(old.attachment, null);
      assert.equal(old.deletedAtMs, null);
      assert.ok(ourTags(old) > 0);
    }
    assert.ok(volume(before[0] ?? null).tags.some(({ Key }) => Key === owned.Key));
    assert.deepEqual(await eventsOf(id), [
      'RestoreStarted',
      'OriginalRestoreRequested',
      'RestoreVolumeRequested',
      'VolumeRestored',
      'RestoreVolumeRequested',
      'VolumeRestored',
      'VolumeExchangeRequested',
      'InstanceStopped',
      'VolumeExchanged',
      'VolumeExchanged',
      'InstanceStarted',
      'RestoreCompleted',
    ]);
    const reconciled = await runDone('reconcile --yes');
    for (const { kept } of exchange.volumes) {
      assert.match(reconciled, new RegExp(`kept +${String(kept)} .*stays`));
      assert.equal(volume(kept).deletedAtMs, null);
    }
  });

  it('is undone, and what undid it is confirmed: the instance has its own volumes, as they were', async () => {
    const before = ids();
    const { id, exchange } = await restored(`restore ${point} --to-original --stop`);
    await runRefused(`restore undo ${id}`, /runs.*'--stop'/s);

    const undone = await restored(`restore undo ${id} --stop`);

    assert.deepEqual(ids(), before);
    assert.ok(isRunning());
    assert.equal(at(root)?.attachment?.deleteOnTermination, true);
    assert.deepEqual(
      [ourTags(volume(ids()[0] ?? null)), ourTags(volume(ids()[1] ?? null))],
      [0, 0],
    );
    const news = exchange.volumes.map(({ placed }) => placed);
    assert.match(await runDone('reconcile --yes'), new RegExp(`restored +${String(news[0])}`));
    for (const placed of news) assert.equal(volume(placed).deletedAtMs, null, 'kept, too');
    await runRefused(
      `restore confirm ${undone.id} --volume ${data} --yes`,
      /'--volume' is no option/,
    );
    await runRefused(`restore confirm ${id} --yes`, /keeps nothing that could be removed/);
    await runRefused(`restore undo ${id} --stop`, /cannot be undone/);

    assert.match(await runDone(`restore confirm ${undone.id}`), /2 volumes would go/);
    for (const placed of news) assert.equal(volume(placed).deletedAtMs, null, 'only shown');
    await runDone(`restore confirm ${undone.id} --yes`);

    for (const placed of news) assert.notEqual(volume(placed).deletedAtMs, null);
    assert.deepEqual(ids(), before);
    await runRefused(`restore confirm ${undone.id} --yes`, /keeps nothing that could be removed/);
  });

  it('is confirmed: what was kept goes, and the new volumes are volumes like any other', async () => {
    const before = ids();
    const { id } = await restored(`restore ${set} --to-original --stop`);
    const news = ids();

    fixture.aws.faults.arm('DeleteVolume', { kind: 'latency', delayMs: 0 });
    fixture.aws.faults.arm('DeleteVolume', { kind: 'hang' }, Infinity);
    const killed = await run(`restore confirm ${id} --yes`, {
      watch: signalledAt('DeleteVolume', { times: 2 }),
    });
    assert.equal(killed.exitCode, null, killed.stdout + killed.stderr);
    fixture.aws.faults.clear();
    await runDone(`resume ${instanceId}`);
    const interrupted = await runDone(`sessions ${instanceId}`);
    assert.match(interrupted, /Confirm that restore again/);
    const printed = await runDone(`restore confirm ${id} --yes`);

    assert.match(printed, /1 kept volume removed/);
    assert.equal(at(root)?.iops, 9000, 'of a set as well');
    for (const kept of before) assert.notEqual(volume(kept ?? null).deletedAtMs, null);
    assert.deepEqual(ids(), news);
    assert.equal(ourTags(volume(news[0] ?? null)), 0);
    await runRefused(`restore undo ${id} --stop`, /cannot be undone: kept volume .* is gone/s);
  });

  it('of one volume leaves the others, and an instance that was stopped stays so', async () => {
    const [oldRoot, oldData] = ids();
    instance().stoppedAtMs = fixture.ec2.world.now();

    const { exchange } = await restored(`restore ${point} --to-original --volume ${data}`);

    assert.deepEqual(
      exchange.volumes.map(({ device, kept }) => [device, kept]),
      [[data, oldData]],
    );
    assert.equal(at(root)?.id, oldRoot);
    assert.notEqual(at(data)?.id, oldData);
    assert.ok(!isRunning());
  });

  it('puts a volume where none is any more', async () => {
    const lost = at(data);
    assert.ok(lost !== undefined);
    Object.assign(lost, { attachment: null, deletedAtMs: fixture.ec2.world.now() });

    const { exchange } = await restored(`restore ${point} --to-original --stop --volume ${data}`);

    assert.deepEqual(
      exchange.volumes.map(({ kept, placed }) => [kept, placed]),
      [[null, at(data)?.id]],
    );
  });

  it('that fails in the middle puts everything back, and leaves nothing it has made', async () => {
    const before = ids();
    const refused = { kind: 'error', status: 400, code: 'UnsupportedOperation' } as const;
    // That of the first volume comes through.
    fixture.aws.faults.arm('AttachVolume', { kind: 'latency', delayMs: 0 });
    fixture.aws.faults.arm('AttachVolume', refused);

    const { exitCode, stdout, stderr } = await run(`restore ${point} --to-original --stop`);

    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /UnsupportedOperation/);
    assert.deepEqual(ids(), before);
    assert.ok(isRunning());
    assert.equal(at(root)?.attachment?.deleteOnTermination, true);
    assert.deepEqual(
      [ourTags(volume(before[0] ?? null)), ourTags(volume(before[1] ?? null))],
      [0, 0],
    );
    const madeAfter = volume(before[0] ?? null).madeAtMs;
    assert.deepEqual(
      marked().filter((id) => volume(id).madeAtMs > madeAfter),
      [],
    );
  });

  it('that is cancelled in the middle puts everything back before it ends', async () => {
    const before = ids();
    fixture.aws.faults.arm('AttachVolume', { kind: 'latency', delayMs: 500 });
    const line = `restore ${point} --to-original --stop`;

    const { exitCode, stdout, stderr } = await run(line, {
      watch: signalledAt('AttachVolume', { signal: 'SIGINT' }),
    });

    assert.notEqual(exitCode, null);
    assert.match(stdout, /cancelled/, stdout + stderr);
    assert.deepEqual(ids(), before);
    assert.ok(isRunning());
  });

  it('whose program is killed as it puts everything back goes on with that', async () => {
    const before = ids();
    const refused = { kind: 'error', status: 400, code: 'UnsupportedOperation' } as const;
    fixture.aws.faults.arm('AttachVolume', { kind: 'latency', delayMs: 0 });
    fixture.aws.faults.arm('AttachVolume', refused);
    fixture.aws.faults.arm('AttachVolume', { kind: 'hang' }, Infinity);
    const line = `restore ${point} --to-original --stop`;
    const killed = await run(line, { watch: signalledAt('AttachVolume', { times: 3 }) });
    assert.equal(killed.exitCode, null, killed.stdout + killed.stderr);
    fixture.aws.faults.clear();

    const { exitCode, stdout } = await run(`resume ${instanceId}`);

    assert.equal(exitCode, 1);
    assert.match(stdout, /failed/);
    assert.deepEqual(ids(), before);
    assert.ok(isRunning());
  });

  for (const operation of [
    'CreateTags',
    'StopInstances',
    'DetachVolume',
    'AttachVolume',
    'StartInstances',
  ]) {
    it(`whose program is killed at ${operation} is gone on with`, async () => {
      const before = ids();
      fixture.aws.faults.arm(operation, { kind: 'hang' }, Infinity);
      const killed = await run(`restore ${point} --to-original --stop`, {
        watch: signalledAt(operation),
      });
      assert.equal(killed.exitCode, null, killed.stdout + killed.stderr);
      fixture.aws.faults.clear();

      const resumed = await runDone(`resume ${instanceId}`);

      assert.match(resumed, /kept, detached/);
      assert.ok(isRunning());
      for (const [index, device] of [root, data].entries()) {
        assert.notEqual(at(device)?.id, before[index]);
        assert.ok(at(device)?.written !== undefined);
        assert.equal(volume(before[index] ?? null).deletedAtMs, null);
      }
    });
  }

  it('tells what is kept when the instance is terminated in the middle', async () => {
    const before = ids();
    fixture.aws.faults.arm('AttachVolume', { kind: 'latency', delayMs: 800 }, Infinity);
    const calls = fixture.aws.faults.calls('AttachVolume');
    const ending = setInterval(() => {
      if (fixture.aws.faults.calls('AttachVolume') === calls) return;
      instance().terminatedAtMs = fixture.ec2.world.now() - 1;
      clearInterval(ending);
    }, 5);

    const { exitCode, stdout, stderr } = await run(`restore ${point} --to-original --stop`);

    clearInterval(ending);
    assert.equal(exitCode, 1);
    assert.match(stdout + stderr, /is gone, so nothing was put back/);
    const detached = before.filter((id) => volume(id ?? null).deletedAtMs === null);
    assert.ok(detached.length > 0);
    await runDone('reconcile --yes');
    for (const id of detached) assert.equal(volume(id ?? null).deletedAtMs, null);
  });
});
