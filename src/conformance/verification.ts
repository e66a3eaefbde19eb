import assert from 'node:assert/strict';
import type { InstanceId } from '../domain/identifiers.ts';
import { type FormatBench, allocated, changed, everything } from './format-bench.ts';
import { modelVolume, text } from './model-volume.ts';
import type { TestRunner } from './test-runner.ts';

/** Looking for damage, where there is none. */
export function verificationConformance(
  { describe, it }: TestRunner,
  bench: () => Promise<FormatBench>,
): void {
  describe('verification', () => {
    it('finds nothing wrong with sound points, at either depth', async () => {
      const on = await bench();
      const before = modelVolume([...text(0, 66), 'absent', 'zero']);
      const after = modelVolume([...text(0, 65), 'text-70', 'zero', 'zero']);
      const first = await on.backUp(before, allocated(before));
      await on.backUp(after, changed(before, after), first);

      for (const depth of ['structure', 'deep'] as const) {
        const steps = await Array.fromAsync(on.repository.verify({ depth }));
        const last = steps.at(-1);
        assert.deepEqual(
          steps.filter((step) => step.kind === 'finding'),
          [],
        );
        assert.ok(last?.kind === 'progress');
        assert.deepEqual([last.pointsChecked, last.pointsTotal], [2, 2]);
        assert.ok(last.blocksChecked >= 67, 'every block of both points was checked');
      }
      const one = await Array.fromAsync(
        on.repository.verify({ depth: 'deep', pointId: first.pointId }),
      );
      assert.equal(one.at(-1)?.kind, 'progress');
      const ofOthers = { depth: 'deep', instanceId: 'i-other' as InstanceId } as const;
      const others = await Array.fromAsync(on.repository.verify(ofOthers));
      assert.deepEqual(others, [], 'of an instance without points nothing is checked');
    });

    it('ends with the reason of the signal', async () => {
      const on = await bench();
      const volume = modelVolume(text(0, 3));
      await on.backUp(volume, everything);
      const signal = AbortSignal.abort(new RangeError('enough'));

      await assert.rejects(
        Array.fromAsync(on.repository.verify({ depth: 'deep', signal })),
        RangeError,
      );
    });
  });
}
