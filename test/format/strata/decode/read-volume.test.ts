import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { RestoredBlocks } from '../../../../src/format/restore-point.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import type { MapRun } from '../../../../src/format/strata/map/map-run.ts';
import { createBitFlippingObjectStore } from '../../../support/object-store/bit-flipping-object-store.ts';
import { createCountingObjectStore } from '../../../support/object-store/counting-object-store.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { createFaultyObjectStore } from '../../../support/object-store/faulty-object-store.ts';
import { contentOf } from '../transfer/memory-disk.ts';
import {
  asyncRuns,
  openStored,
  readStored,
  storeVolume,
  type ReadItem,
  type StoredVolume,
  type VolumeBlock,
} from './stored-volume.ts';

function noise(count: number): VolumeBlock[] {
  return Array.from({ length: count }, (_, index): VolumeBlock => `noise-${index}`);
}

/** Everything is told once and in order; content is right; gives the blocks told as damaged. */
function assertReads(volume: StoredVolume, items: readonly ReadItem[]): readonly number[] {
  const damaged: number[] = [];
  let next = 0;
  for (const item of items) {
    assert.equal(item.first, next);
    next += item.blockCount;
    for (let index = item.first; index < next; index += 1) {
      const truth = volume.blocks[index] ?? 'absent';
      if (item.kind === 'damage') damaged.push(index);
      else if (item.kind !== 'data') assert.equal(item.kind, truth);
      else {
        assert.ok(truth !== 'absent' && item.bytes.length <= 4 * 1024 * 1024);
        const begin = (index - item.first) * blockSizeBytes;
        const bytes = item.bytes.subarray(begin, begin + blockSizeBytes);
        const lengthBytes = Math.min(blockSizeBytes, volume.sizeBytes - index * blockSizeBytes);
        assert.equal(Buffer.compare(bytes, contentOf(truth, lengthBytes)), 0, `block ${index}`);
      }
    }
  }
  assert.equal(next, volume.blocks.length);
  return damaged;
}

describe('reading a volume', () => {
  it('gives exactly what was stored, absent apart from zero, in order', async () => {
    const block = fc.constantFrom<VolumeBlock>(
      ...(['absent', 'zero', 'text-1', 'text-2', 'noise-1', 'noise-2', 'noise-3'] as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(512, 70_000, blockSizeBytes),
        async (blocks, lastLengthBytes) => {
          const volume = await storeVolume(blocks, lastLengthBytes);
          assert.deepEqual(assertReads(volume, await readStored(volume)), []);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('reads records where a store has put them in memory that was lent', async () => {
    const volume = await storeVolume([...noise(70), 'zero', ...noise(3)]);
    const inner = volume.objectStore;
    let lent = 0;
    const objectStore: ObjectStore = {
      ...createHookedObjectStore(inner, {}),
      get: async (key, range, room) => {
        const bytes = await inner.get(key, range);
        if (room === undefined) return bytes;
        lent += 1;
        room.set(bytes, 4095);
        return room.subarray(4095, 4095 + bytes.length);
      },
    };
    assert.deepEqual(assertReads(volume, await readStored(volume, { objectStore })), []);
    assert.ok(lent > 2);
  });

  it('needs few gets for neighbouring blocks', async () => {
    const volume = await storeVolume([...noise(32), 'zero', ...noise(32)]);
    const objectStore = createCountingObjectStore(volume.objectStore);
    assert.deepEqual(assertReads(volume, await readStored(volume, { objectStore })), []);
    // 16 MiB of noise in ranges of 4 MiB for each section of 32 blocks, and one more at the end of
    // each pack.
    assert.ok(objectStore.countOf('get') <= 12, `${objectStore.countOf('get')} gets`);
  });

  it('passes over blocks that nobody asks for', async () => {
    const volume = await storeVolume(noise(8));
    const runs = asyncRuns([volume.runs[1], volume.runs[6]].filter((run) => run !== undefined));
    const items = await readStored(volume, { runs });
    assert.deepEqual(
      items.map(({ first, kind }) => [first, kind]),
      [
        [1, 'data'],
        [6, 'data'],
      ],
    );
  });
});

describe('reading a volume for a consumer', () => {
  it('hands it several runs at once, and none after the reading has ended', async () => {
    const volume = await storeVolume([...noise(40), 'zero', ...noise(8)]);
    const consumed: number[] = [];
    const second = Promise.withResolvers<undefined>();
    let underWay = 0;
    const consume = async ({ first, blockCount }: RestoredBlocks): Promise<void> => {
      for (let n = 0; n < blockCount; n += 1) consumed.push(first + n);
      underWay += 1;
      if (underWay > 1) second.resolve(undefined);
      // Never, if another one would only begin after this one.
      await second.promise;
      underWay -= 1;
    };
    assert.deepEqual(assertReads(volume, await readStored(volume, { consume })), []);
    assert.equal(underWay, 0);
    const data = [...volume.blocks.keys()].filter((index) => volume.blocks[index] !== 'zero');
    assert.deepEqual(
      consumed.toSorted((a, b) => a - b),
      data,
    );
  });

  it('ends with its error, when the others have ended', async () => {
    const volume = await storeVolume(noise(40));
    const full = new Error('the disk is full');
    let underWay = 0;
    const consume = async ({ first }: RestoredBlocks): Promise<void> => {
      if (first === 8) throw full;
      underWay += 1;
      await sleep(100);
      underWay -= 1;
    };
    await assert.rejects(readStored(volume, { consume }), full);
    assert.equal(underWay, 0);
  });

  for (const how of ['aborted', 'left'] as const) {
    it(`waits for what is under way when it is ${how}`, async () => {
      const volume = await storeVolume(noise(40));
      const controller = new AbortController();
      const reason = new Error('cancelled');
      let begun = 0;
      let underWay = 0;
      const second = Promise.withResolvers<undefined>();
      const consume = async (): Promise<void> => {
        begun += 1;
        underWay += 1;
        if (begun > 1) second.resolve(undefined);
        await (begun === 1 ? second.promise : sleep(100));
        underWay -= 1;
      };
      const reading = async (): Promise<void> => {
        const { signal } = controller;
        for await (const item of openStored(volume, { consume, signal })) {
          assert.equal(item.kind, 'blocks');
          if (how === 'left') return;
          controller.abort(reason);
        }
      };
      if (how === 'left') await reading();
      else await assert.rejects(reading(), reason);
      assert.ok(begun > 1);
      assert.equal(underWay, 0);
    });
  }
});

describe('reading a damaged volume', () => {
  it('tells a flipped bit wherever it is in a record, and gives all other blocks', async () => {
    const volume = await storeVolume([...noise(6), 'text-1', 'zero', 'text-2', ...noise(2)]);
    const ref = volume.refs.get(6);
    assert.ok(ref);
    // Magic, id, length, session, nonce, ciphertext, tag.
    for (const byte of [0, 5, 6, 10, 41, 50, 66, 90, ref.lengthBytes - 1]) {
      const flip = { key: ref.pack.key, bit: (ref.offset + byte) * 8 + 1 };
      const objectStore = createBitFlippingObjectStore(volume.objectStore, [flip]);
      const items = await readStored(volume, { objectStore });
      assert.deepEqual(assertReads(volume, items), [6], `byte ${byte}`);
    }
  });

  it('tells where the damage is', async () => {
    const volume = await storeVolume(['text-1']);
    const ref = volume.refs.get(0);
    assert.ok(ref);
    const flip = { key: ref.pack.key, bit: (ref.offset + 100) * 8 };
    const objectStore = createBitFlippingObjectStore(volume.objectStore, [flip]);
    const items = await Array.fromAsync(openStored(volume, { objectStore }));
    assert.deepEqual(items, [
      {
        kind: 'damage',
        objectKey: ref.pack.key,
        range: { offset: ref.offset, lengthBytes: ref.lengthBytes },
        firstBlock: 0,
        blockCount: 1,
        reason: 'the record is not authentic',
      },
    ]);
  });

  it('gives the blocks of a pack that was cut short, up to the cut', async () => {
    const volume = await storeVolume(noise(10));
    const cut = volume.refs.get(5);
    assert.ok(cut);
    const whole = await volume.objectStore.get(cut.pack.key);
    await volume.objectStore.delete(cut.pack.key);
    await volume.objectStore.create(cut.pack.key, whole.subarray(0, cut.offset + 5));
    assert.deepEqual(assertReads(volume, await readStored(volume)), [5, 6, 7, 8, 9]);
  });

  it('tells all blocks of a pack that is gone, with few requests', async () => {
    const volume = await storeVolume([...noise(70), 'zero']);
    const gone = volume.refs.get(0);
    const kept = volume.refs.get(69);
    assert.ok(gone && kept && gone.pack.key !== kept.pack.key);
    await volume.objectStore.delete(gone.pack.key);
    const objectStore = createCountingObjectStore(volume.objectStore);
    const damaged = assertReads(volume, await readStored(volume, { objectStore }));
    const ofThatPack = [...volume.refs.values()].filter(({ pack }) => pack.key === gone.pack.key);
    assert.equal(damaged.length, ofThatPack.length);
    assert.ok(objectStore.countOf('get') < 20);
  });

  it('refuses a reference to more than a record can be, without reading it', async () => {
    const volume = await storeVolume(noise(6));
    const runs = volume.runs.map((run): MapRun => {
      if (run.kind !== 'data' || run.first !== 2) return run;
      return { ...run, refs: run.refs.map((ref) => ({ ...ref, lengthBytes: 2 ** 31 })) };
    });
    const items = await readStored(volume, { runs: asyncRuns(runs) });
    assert.deepEqual(assertReads(volume, items), [2]);
    const damage = items.find(({ kind }) => kind === 'damage');
    assert.ok(damage?.kind === 'damage');
    assert.match(damage.reason, /longer than any record/);
  });

  it('refuses a record that is sound, but another one', async () => {
    const volume = await storeVolume(['text-1', 'text-2']);
    const [first, second] = [volume.refs.get(0), volume.refs.get(1)];
    assert.ok(first && second);
    const swapped: MapRun = {
      ...{ kind: 'data', first: 0 as never },
      refs: [{ ...first, offset: second.offset, lengthBytes: second.lengthBytes }, second],
    };
    const items = await readStored(volume, { runs: asyncRuns([swapped]) });
    assert.deepEqual(assertReads(volume, items), [0]);
  });

  it('tells a session whose key is gone as damage of its blocks', async () => {
    const volume = await storeVolume(['text-1', 'zero']);
    const sessionKeysOf = (): Promise<never> =>
      Promise.reject(new SnapledgerError('OBJECT_NOT_FOUND', 'no such object'));
    const items = await readStored(volume, { sessionKeysOf });
    assert.deepEqual(assertReads(volume, items), [0]);
    assert.match(items[0]?.kind === 'damage' ? items[0].reason : '', /key of the session/);
  });

  it('passes damage of the map through', async () => {
    const volume = await storeVolume(['text-1', 'text-2', 'zero', 'zero']);
    const damage = { objectKey: 'packs/x', range: null, reason: 'torn' };
    const runs = asyncRuns([
      ...volume.runs.slice(0, 1),
      { kind: 'damage', ...damage, firstBlock: 1 as never, blockCount: 3 },
    ]);
    assert.deepEqual(assertReads(volume, await readStored(volume, { runs })), [1, 2, 3]);
  });
});

describe('reading while the object store fails', () => {
  it('tries again while it is unavailable', async () => {
    const volume = await storeVolume(noise(8));
    const objectStore = createFaultyObjectStore(volume.objectStore, [
      { method: 'get', times: 3, when: 'before-effect' },
    ]);
    assert.deepEqual(assertReads(volume, await readStored(volume, { objectStore })), []);
    assert.deepEqual(objectStore.strikes, [3]);
  });

  it('rejects when it stays unavailable, and never calls that damage', async () => {
    const volume = await storeVolume(noise(2));
    const objectStore = createFaultyObjectStore(volume.objectStore, [
      { method: 'get', times: 1000, when: 'before-effect' },
    ]);
    await assert.rejects(readStored(volume, { objectStore }), { code: 'STORE_UNAVAILABLE' });
  });

  it('ends with the reason of an abort although a get hangs', async () => {
    const volume = await storeVolume(noise(2));
    const controller = new AbortController();
    const hanging = {
      ...createCountingObjectStore(volume.objectStore),
      get: (): Promise<never> => new Promise(() => undefined),
    };
    const read = readStored(volume, { objectStore: hanging, signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Error('enough'));
    }, 20);
    await assert.rejects(read, /enough/);
  });

  it('can be left in the middle', async () => {
    const volume = await storeVolume(noise(40));
    for await (const item of openStored(volume)) {
      assert.equal(item.kind, 'blocks');
      break;
    }
  });
});
