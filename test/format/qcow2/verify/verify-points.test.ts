import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { VerifyOptions } from '../../../../src/format/verification.ts';
import { mergeableChain, mergeAndCollect, observeGets } from '../merged-meanwhile.ts';

const options: Readonly<Record<string, VerifyOptions>> = {
  structure: { depth: 'structure' },
  deep: { depth: 'deep' },
  'within a budget': {
    depth: 'deep',
    budget: { maxBytes: 1024 ** 4, lastChecked: new Map() },
  },
};

describe('verifying qcow2 points while they are merged, and what nobody needs is collected', () => {
  for (const [which, depth] of Object.entries(options)) {
    it(`finds no damage, at whichever get it happens: ${which}`, async () => {
      let merges = 0;
      for (let at = 1; ; at += 1) {
        const made = await mergeableChain();
        let gets = 0;
        const store = observeGets(made.on.objectStore, async () => {
          gets += 1;
          if (gets === at) await mergeAndCollect(made);
        });
        const { repository } = await made.on.reopen(store);
        const steps = await Array.fromAsync(repository.verify(depth));
        if (gets < at) break;
        merges += 1;
        const findings = steps.filter(({ kind }) => kind === 'finding');
        assert.deepEqual(findings, [], `at get ${at}`);
        for (const step of steps) {
          if (step.kind === 'coverage') assert.deepEqual(step.damagedObjects, [], `at get ${at}`);
        }
      }
      assert.ok(merges > 5);
    });
  }

  it('finds what is damaged of the images that are there then', async () => {
    const made = await mergeableChain();
    const { on, kept } = made;
    let merges = 0;
    const store = observeGets(on.objectStore, async (key) => {
      if (merges > 0 || !key.startsWith('packs/')) return;
      merges += 1;
      await mergeAndCollect(made);
      for await (const { key: left } of on.objectStore.list('packs/')) {
        await on.objectStore.delete(left);
      }
    });
    const { repository } = await on.reopen(store);
    const steps = await Array.fromAsync(repository.verify({ depth: 'deep' }));
    const findings = steps.filter((step) => step.kind === 'finding');
    assert.ok(merges > 0 && findings.length > 0);
    for (const { pointId } of findings) assert.equal(pointId, kept.pointId);
  });
});
