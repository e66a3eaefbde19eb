import assert from 'node:assert/strict';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { TransferOptions } from '../format/transfer.ts';
import { type FormatBench, everything, instanceId, passphrase } from './format-bench.ts';
import { modelVolume, sourceOf, text } from './model-volume.ts';
import { observeCreates } from './observed-store.ts';
import type { TestRunner } from './test-runner.ts';

/** What a worker is given, and what it does with it. */
export function workersConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  const volume = modelVolume(text(0, 9));

  const planned = async (on: FormatBench) => {
    const plan = { sessionId: on.newSession(), planId: systemRandom.uuid() };
    await on.repository.registerWriter(plan.sessionId, instanceId);
    const { sizeBytes } = volume;
    const request = { ...plan, sizeBytes, selection: everything, parent: null };
    await on.repository.writeTransferPlan(request);
    const options: TransferOptions = {
      objectStore: on.objectStore,
      grant: await on.repository.grantTransfer(plan.sessionId),
      random: systemRandom,
      clock: systemClock,
      attempt: 0,
      compression: 'fast',
    };
    return { plan, options };
  };

  describe('a worker', () => {
    it('makes objects only where it may: under packs/SESSION/ and control/SESSION/', async () => {
      const on = await bench();
      const { plan, options } = await planned(on);
      const keys: string[] = [];
      const objectStore = observeCreates(on.objectStore, ({ key }) => {
        keys.push(key);
        return Promise.resolve();
      });
      const prepared = on.format.prepareTransfer({ threads: 1 });
      const transfer = await prepared.open({ ...options, objectStore });
      const { signal } = new AbortController();
      await Array.fromAsync(
        transfer.run({ ...plan, source: sourceOf(volume), firstPlanned: 0, signal }),
      );
      await prepared.close();

      assert.ok(keys.length > 0, 'a transfer makes objects');
      const { sessionId } = plan;
      const mailbox = new RegExp(`^control/${sessionId}/a\\d+/`);
      for (const key of keys) {
        const isAllowed = [`packs/${sessionId}/`, `control/${sessionId}/`].some((prefix) =>
          key.startsWith(prefix),
        );
        assert.ok(isAllowed, `a worker may not make the object ${key}`);
        assert.doesNotMatch(key, mailbox, `${key} is in the mailbox, which is not the format's`);
      }
    });

    it('posts its segments in the order of the plan, without a gap, and each once', async () => {
      const on = await bench();
      const { plan } = await planned(on);
      const posted = await on.runWorker(plan, volume, 0, 0);
      let position = 0;
      for (const [number, segment] of posted.entries()) {
        assert.equal(segment.number, number);
        assert.equal(segment.firstPlanned, position);
        assert.ok(segment.endPlanned > position, 'a segment covers something');
        assert.equal(segment.counts.blocksRead, segment.endPlanned - position);
        position = segment.endPlanned;
      }
      assert.equal(position, 9, 'the whole plan is covered');
      assert.deepEqual(await on.repository.readSegments(plan, 0, 0), posted);
    });

    it('has no more than its grant, and that does not hold the secret of the repository', async () => {
      const on = await bench();
      const { plan, options } = await planned(on);
      assert.ok(!Buffer.from(options.grant).includes(passphrase));
      const grant = Buffer.from('this is no grant');
      const prepared = on.format.prepareTransfer({ threads: 1 });
      await assert.rejects(prepared.open({ ...options, grant }), { code: 'INVALID_ARGUMENT' });
      await prepared.close();
      await prepared.close();
      assert.deepEqual(await on.repository.readSegments(plan, 0, 0), []);
    });

    it('stops with the reason of the signal, and whoever comes next can go on', async () => {
      const on = await bench();
      const { plan, options } = await planned(on);
      const prepared = on.format.prepareTransfer({ threads: 1 });
      const transfer = await prepared.open(options);
      const signal = AbortSignal.abort(new RangeError('enough'));
      const request = { ...plan, source: sourceOf(volume), firstPlanned: 0, signal };
      await assert.rejects(Array.fromAsync(transfer.run(request)), RangeError);
      await prepared.close();

      const posted = await on.repository.readSegments(plan, 0, 0);
      const firstPlanned = posted.at(-1)?.endPlanned ?? 0;
      const rest = await on.runWorker(plan, volume, 1, firstPlanned);
      assert.equal(rest.at(-1)?.endPlanned, 9);
    });
  });
}
