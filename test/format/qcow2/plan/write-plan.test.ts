import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertPointIs } from '../../../../src/conformance/assert-point.ts';
import { changed, commitRequest, everything } from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import type { BlockSelection } from '../../../../src/format/transfer-plan.ts';
import {
  mergeableChain,
  type MergeableChain,
  mergeAndCollect,
  observeGets,
} from '../merged-meanwhile.ts';

const next = modelVolume([...text(0, 6), ...text(30, 36)]);
const selections: Readonly<Record<string, (made: MergeableChain) => BlockSelection>> = {
  changed: ({ keptVolume }) => changed(keptVolume, next),
  all: () => everything,
};

describe('planning a backup whose parent is merged, and its base collected, meanwhile', () => {
  for (const [which, select] of Object.entries(selections)) {
    it(`goes on with the parent's images as they are then, for ${which} blocks`, async () => {
      const made = await mergeableChain();
      let isMerged = false;
      const store = observeGets(made.on.objectStore, async (key) => {
        if (isMerged || !key.includes('/index-')) return;
        isMerged = true;
        await mergeAndCollect(made);
      });
      const { on, kept } = made;
      const sessionId = on.newSession();
      const late = await on.reopen(store);
      const plan = await late.plan(sessionId, next, select(made), kept.pointId);
      assert.ok(isMerged);

      const segments = await on.runWorker(plan, next, 0, 0);
      const run = { attempt: 0, firstSegment: 0, endSegment: segments.length };
      const request = commitRequest(plan, next, kept.pointId, [run]);
      const { pointId, volumes } = await on.repository.commitPoint(request);
      await assertPointIs(on.repository, pointId, next);
      assert.equal(volumes[0]?.blocksStored, 6);
    });
  }
});
