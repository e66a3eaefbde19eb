import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocated, changed } from '../../../../src/conformance/format-bench.ts';
import { modelVolume, text } from '../../../../src/conformance/model-volume.ts';
import { ProcessDied } from '../../../../src/conformance/mortal-store.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { assertRestores, attack, lockedBench } from './locked-bench.ts';

const first = modelVolume(text(0, 4));
const second = modelVolume([...text(0, 3), ...text(100, 101)]);

/** The store as a program sees it that dies at its request of this number, with or without its effect. */
function dying(disk: ObjectStore, at: number, effect: 'lost' | 'made'): ObjectStore {
  let calls = 0;
  return createHookedObjectStore(disk, {
    before: () => {
      calls += 1;
      const isOver = calls > at || (calls === at && effect === 'lost');
      return isOver ? Promise.reject(new ProcessDied()) : Promise.resolve();
    },
    after: () => (calls === at ? Promise.reject(new ProcessDied()) : Promise.resolve()),
  });
}

describe('a commit that dies at any request, of a point that shares what is to be locked for longer', () => {
  for (const effect of ['lost', 'made'] as const) {
    it(`leaves the older point as it was, and is finished by the next (the request is ${effect})`, async () => {
      let died = 0;
      for (let at = 1; ; at += 1) {
        const bench = await lockedBench();
        const one = await bench.on.backUp(first, allocated(first));
        bench.set(15);
        const session = bench.on.newSession();
        const parent = one.pointId;
        const request = await bench.on.transfer(session, second, changed(first, second), parent);
        const mortal = await bench.reopen();
        const through = await bench.reopen(dying(bench.disk, at + opening, effect));
        const outcome = await through.repository.commitPoint(request).then(
          () => 'committed' as const,
          (error: unknown) => error,
        );
        if (outcome === 'committed') break;
        assert.ok(outcome instanceof ProcessDied, String(outcome));
        died += 1;

        // What the session registered is under no lock: a session that is at work can be stopped by who may remove.
        const two = await mortal.repository.commitPoint(request);
        await attack(bench);
        await assertRestores(bench, [
          [one, first],
          [two, second],
        ]);
        bench.set(44.9);
        await attack(bench);
        await assertRestores(bench, [[two, second]]);
      }
      assert.ok(died > 10, `died ${died} times`);
    });
  }

  it('has attackers at any request lose no point that was made', async () => {
    for (let at = 1; at <= 60; at += 1) {
      const bench = await lockedBench();
      const one = await bench.on.backUp(first, allocated(first));
      bench.set(15);
      const session = bench.on.newSession();
      const request = await bench.on.transfer(session, second, changed(first, second), one.pointId);
      let calls = 0;
      const attacked = createHookedObjectStore(bench.disk, {
        before: async () => {
          calls += 1;
          if (calls === at + opening) await attack(bench);
        },
      });
      const through = await bench.reopen(attacked);
      const two = await through.repository.commitPoint(request).catch(() => null);
      await attack(bench);
      await assertRestores(bench, [
        [one, first],
        ...(two === null ? [] : [[two, second] as const]),
      ]);
      if (calls < at + opening) return;
    }
    assert.fail('a commit has fewer requests');
  });
});

/** Requests that opening the repository takes: the header, the tables of key slots, the one in force. */
const opening = 3;
