import assert from 'node:assert/strict';
import type { Death } from './mortal-store.ts';

/** More objects than any format makes for what is done here. */
const createsMax = 200;

/** Lets a process die at each of its writes in turn, until it comes to its end alive. */
export async function atEveryWrite(run: (death: Death) => Promise<boolean>): Promise<void> {
  for (const effect of ['lost', 'made'] as const) {
    let create = 1;
    while (await run({ create, effect })) {
      create += 1;
      assert.ok(create <= createsMax, 'what is done here takes a limited number of writes');
    }
    assert.ok(create > 1, 'something is written');
  }
}
