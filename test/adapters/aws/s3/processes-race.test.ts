import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { startS3StoreRig } from './s3-store-rig.ts';

const keyCount = 100;
const program = new URL('children/race-creator.ts', import.meta.url).pathname;

describe('processes that race for the same keys of a bucket', () => {
  it('have one winner for each key, also when replies are lost', async (t) => {
    await using rig = await startS3StoreRig();
    // every one of them makes a process doubt whether it has won
    rig.fake.faults.arm('PutObject', { kind: 'reply-lost' }, 10);
    const authors = [1, 2];
    const racers = await Promise.all(
      authors.map((author) => startRacer([rig.fake.endpoint, String(author), String(keyCount)])),
    );

    const won = await Promise.all(racers.map((racer) => racer.race()));

    t.diagnostic(`keys won: ${won.map((keys) => keys.length).join(', ')}`);
    assert.deepEqual(
      won.flat().sort((a, b) => a - b),
      Array.from({ length: keyCount }, (_, n) => n),
    );
    for (const [index, numbers] of won.entries()) {
      for (const number of numbers) {
        const body = await rig.store.get(`race/${number}` as ObjectKey);
        assert.ok(body.every((byte) => byte === authors[index]));
      }
    }
  });
});

interface Racer {
  readonly race: () => Promise<readonly number[]>;
}

async function startRacer(programArguments: readonly string[]): Promise<Racer> {
  const child = spawn(process.execPath, [program, ...programArguments], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = await lines.next();
  assert.equal(ready.value, 'ready');
  return {
    race: async () => {
      child.stdin.write('go\n');
      const line = await lines.next();
      await exited;
      assert.equal(child.exitCode, 0);
      assert.ok(line.done !== true, 'the process ended without a word');
      return JSON.parse(line.value) as readonly number[];
    },
  };
}
