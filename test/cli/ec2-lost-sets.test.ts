import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { Ec2Fixture } from '../support/aws/ec2/ec2-fixture.ts';
import { eventually } from '../support/engine/eventually.ts';
import { noise, writeBlock } from '../support/vault/disk-image.ts';
import { type Ec2Program, openEc2Program } from './support/ec2-program.ts';

const device = '/dev/xvda';

/*
 * EC2 takes the snapshots, its reply is lost, and the engine is killed before it knows. No client token tells
 * what became of the request.
 */
describe(
  'a set on EC2 (a fake) of which the engine died without a reply',
  { timeout: 240_000 },
  () => {
    let program: Ec2Program;
    let fixture: Ec2Fixture;
    let run: Ec2Program['run'];
    let runDone: Ec2Program['runDone'];
    let parsed: Ec2Program['parsed'];
    let instanceId: InstanceId;
    let writes = 0;

    before(async () => {
      program = await openEc2Program();
      ({ fixture, run, runDone, parsed } = program);
    });
    after(() => program[Symbol.asyncDispose]());
    /** Each has an instance of its own. */
    beforeEach(async () => {
      for (const id of snapshots()) fixture.ec2.world.snapshots.remove(id);
      instanceId = await fixture.addInstance([{ device, sizeGib: 1 }]);
      writes += 1;
      await writeBlock(fixture.diskPath(instanceId, device), 3, noise(`${writes}`, blockSizeBytes));
      await runDone(`policy set ${instanceId} --keep-snapshots 5 --image --transport direct`);
    });
    afterEach(async () => {
      fixture.aws.faults.clear();
      const { items } = await reconciled(' --yes');
      assert.deepEqual(
        items.filter(({ problem }) => problem !== null),
        [],
      );
      // Whatever became of it, it is there once, and the ledger has it.
      assert.deepEqual(snapshots(), await recorded());
      assert.equal(snapshots().length, 1);
    });

    const reconciled = (options = ''): Promise<{ items: readonly ReconciledJson[] }> =>
      parsed(`reconcile${options}`);
    const snapshots = (): readonly string[] =>
      fixture.ec2.world.snapshots.all().map(({ id }) => id);
    /** Of those that EC2 lists; the ledger has no more sets than that. */
    const recorded = async (): Promise<readonly string[]> => {
      const { items } = await reconciled();
      const ids = items.filter(({ reason }) => reason === 'recorded').map(({ id }) => id);
      const sets = await parsed<readonly unknown[]>(`snapshots ${instanceId}`);
      assert.equal(sets.length, ids.length);
      return ids;
    };
    const decisions = ({
      items,
    }: {
      readonly items: readonly ReconciledJson[];
    }): readonly string[] => items.map(({ id, action, reason }) => `${id}: ${action}, ${reason}`);
    /** @returns the snapshot that EC2 has made */
    const killed = async (listed: 'at-once' | 'late'): Promise<string> => {
      const { timing } = fixture.ec2.world;
      timing.visibleAfterMs = listed === 'late' ? Infinity : 0;
      fixture.aws.faults.arm('CreateSnapshots', { kind: 'reply-lost' });
      const watch = program.signalledAt('CreateSnapshots');
      const { exitCode } = await run(`backup ${instanceId}`, { watch });
      assert.equal(exitCode, null);
      await eventually('EC2 has taken it', () => snapshots().length > 0);
      timing.visibleAfterMs = 0;
      return snapshots().join();
    };
    const show = (id: string): void => {
      const { snapshots: all } = fixture.ec2.world;
      Object.assign(all.find(id) ?? assert.fail(`there is no ${id}`), { visibleAtMs: 0 });
    };

    it('is found by resume, which asks for no other', async () => {
      const made = await killed('at-once');
      const calls = fixture.aws.faults.calls('CreateSnapshots');
      assert.deepEqual(decisions(await reconciled()), [`${made}: keep, session-open`]);

      await runDone('resume');

      assert.equal(fixture.aws.faults.calls('CreateSnapshots'), calls);
      assert.deepEqual(await recorded(), [made]);
      assert.equal((await parsed<readonly unknown[]>(`points ${instanceId}`)).length, 1);
    });

    it('is taken once more when it is not listed yet, and goes when it is', async () => {
      const late = await killed('late');

      await runDone('resume');

      const taken = await recorded();
      assert.equal(taken.length, 1);
      assert.ok(!taken.includes(late));
      show(late);
      assert.deepEqual(
        decisions(await reconciled()).toSorted(),
        [`${late}: remove, not-recorded`, `${taken.join()}: keep, recorded`].toSorted(),
      );
    });

    it('is adopted when it is listed after its session has failed', async () => {
      const late = await killed('late');
      const denied = { kind: 'error', status: 403, code: 'UnauthorizedOperation' } as const;
      fixture.aws.faults.arm('CreateSnapshots', denied, Infinity);
      assert.equal((await run('resume')).exitCode, 1);
      fixture.aws.faults.clear();
      assert.deepEqual(await recorded(), []);
      show(late);

      assert.deepEqual(decisions(await reconciled(' --yes')), [`${late}: adopt, given-up`]);

      assert.deepEqual(await recorded(), [late]);
    });

    it('goes when it is listed after its session was cancelled: somebody wanted that', async () => {
      const late = await killed('late');
      const busy = { kind: 'error', status: 503, code: 'RequestLimitExceeded' } as const;
      fixture.aws.faults.arm('CreateSnapshots', busy, Infinity);
      const watch = program.signalledAt('CreateSnapshots', { signal: 'SIGINT' });
      const { stdout, stderr } = await run('resume', { watch });
      assert.match(stdout + stderr, /cancelled/);
      fixture.aws.faults.clear();
      show(late);

      assert.deepEqual(decisions(await reconciled()), [`${late}: remove, discarded`]);

      await runDone('reconcile --yes');
      await runDone(`backup ${instanceId}`);
    });
  },
);

interface ReconciledJson {
  readonly id: string;
  readonly action: string;
  readonly reason: string;
  readonly problem: unknown;
}
