import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import { prepareStrataTransfer } from '../../../../src/format/strata/transfer/prepare-strata-transfer.ts';
import { packsPrefix } from '../../../../src/format/strata/object/object-keys.ts';
import type { ObjectInfo, ObjectStore } from '../../../../src/ports/object-store.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { RandomSource } from '../../../../src/ports/random-source.ts';
import { createFaultyObjectStore } from '../../../support/object-store/faulty-object-store.ts';
import { packHeaderSizeBytes } from '../../../../src/format/strata/pack/pack-header.ts';
import { recordMaxSizeBytes } from '../../../../src/format/strata/record/encode-record.ts';
import { transferLimits } from '../../../../src/format/strata/transfer/transfer-limits.ts';
import { createHookedObjectStore } from '../../../support/object-store/hooked-object-store.ts';
import { blockIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import type { BlockSource } from '../../../../src/ports/block-source.ts';
import { blockIdOfContent, contentOf, createMemoryDisk, type BlockContent } from './memory-disk.ts';
import { readStoredBlock } from './read-stored-block.ts';
import { runTestTransfer, type TestTransfer } from './run-test-transfer.ts';
import { createTestClock } from './test-clock.ts';
import {
  everyBlock,
  makeTransferFixture,
  readSegmentEntries,
  writePlan,
} from './transfer-fixture.ts';

/** So many different blocks that do not compress: some ten MiB make a pack. */
function noise(count: number): BlockContent[] {
  return Array.from({ length: count }, (_, index): BlockContent => `noise-${index}`);
}

async function prepare(
  blocks: readonly BlockContent[],
  lastLengthBytes = blockSizeBytes,
): Promise<TestTransfer & { readonly blocks: readonly BlockContent[] }> {
  const objectStore = createMemoryObjectStore();
  const fixture = makeTransferFixture(systemRandom);
  const source = createMemoryDisk(blocks, lastLengthBytes);
  const plan = await writePlan(fixture, objectStore, systemRandom, everyBlock(blocks.length));
  return { objectStore, fixture, source, plan, blocks };
}

async function packsOf({ fixture, objectStore }: TestTransfer): Promise<readonly ObjectInfo[]> {
  return Array.fromAsync(objectStore.list(packsPrefix(fixture.grant.sessionId)));
}

/** Reads every block back through the segments. */
async function assertStored(
  test: TestTransfer & { readonly blocks: readonly BlockContent[] },
  objectStore: ObjectStore = test.objectStore,
): Promise<void> {
  const segments = await runTestTransfer({ ...test, objectStore });
  const entries = await Promise.all(
    segments.map((segment) =>
      readSegmentEntries(test.fixture, test.objectStore, test.plan, test.attempt ?? 0, segment),
    ),
  );
  const told = entries.flat();
  assert.equal(told.length, test.blocks.length);
  for (const [index, entry] of told.entries()) {
    assert.ok(entry.kind === 'data');
    const bytes = await readStoredBlock(test.fixture, test.objectStore, entry);
    const name = test.blocks[index] ?? 'zero';
    assert.equal(Buffer.compare(bytes, contentOf(name, bytes.length)), 0, `block ${index}`);
  }
}

/** How many incompressible blocks fill a pack. */
const blocksPerPack = Math.floor(
  (transferLimits.packTargetBytes - packHeaderSizeBytes) / recordMaxSizeBytes(blockSizeBytes),
);

describe('what a transfer stores', () => {
  it('fills packs up to their limit, and posts a segment for each', async () => {
    const test = await prepare(noise(blocksPerPack + 7));
    const segments = await runTestTransfer(test);
    const packs = await packsOf(test);
    assert.equal(packs.length, 2);
    assert.ok(packs.every(({ sizeBytes }) => sizeBytes <= transferLimits.packTargetBytes));
    assert.deepEqual(
      segments.map(({ firstPlanned, endPlanned }) => [firstPlanned, endPlanned]),
      [
        [0, blocksPerPack],
        [blocksPerPack, blocksPerPack + 7],
      ],
    );
    const storedBytes = segments.reduce((sum, { counts }) => sum + counts.bytesStored, 0);
    const packBytes = packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    assert.equal(packBytes, storedBytes + 2 * packHeaderSizeBytes);
  });

  it('names a block by the SHA-256 that its source has told, and by its own where it told none', async () => {
    const test = await prepare(noise(3 * blocksPerPack));
    const source: BlockSource = {
      ...test.source,
      read: async (first, blockCount, into, sha256s) => {
        await test.source.read(first, blockCount, into);
        for (let position = 0; position < blockCount; position += 1) {
          if (isTold(first + position)) sha256s?.set(toldSha256, 32 * position);
        }
      },
    };
    const isTold = (index: number): boolean => index % 5 === 0;
    const toldSha256 = new Uint8Array(32).fill(7);

    const segments = await runTestTransfer({ ...test, source });

    const { fixture, objectStore, plan } = test;
    const entries = await Promise.all(
      segments.map((segment) => readSegmentEntries(fixture, objectStore, plan, 0, segment)),
    );
    const { blockIdKey } = fixture.grant;
    for (const [index, entry] of entries.flat().entries()) {
      assert.ok(entry.kind === 'data');
      const expected = isTold(index)
        ? blockIdOf(blockIdKey, toldSha256)
        : blockIdOfContent(blockIdKey, `noise-${index}`);
      assert.deepEqual(Buffer.from(entry.id), Buffer.from(expected), `block ${index}`);
    }
  });

  it('posts segments in their order although a later pack is durable first', async () => {
    const test = await prepare(noise(3 * blocksPerPack + 11));
    const created: string[] = [];
    let letFirstPackGo: (() => void) | undefined;
    const secondPackDone = new Promise<void>((resolve) => {
      letFirstPackGo = resolve;
    });
    const objectStore = createHookedObjectStore(test.objectStore, {
      before: ({ key }) =>
        key.endsWith('-00000000') && key.startsWith('packs/') ? secondPackDone : Promise.resolve(),
      after: ({ method, key }) => {
        if (method === 'create') created.push(key.startsWith('packs/') ? 'pack' : key.slice(-8));
        if (key.startsWith('packs/') && key.endsWith('-00000001'))
          setTimeout(() => letFirstPackGo?.(), 20);
        return Promise.resolve();
      },
    });
    const segments = await runTestTransfer({ ...test, objectStore });
    assert.deepEqual(
      segments.map(({ endPlanned }) => endPlanned),
      [blocksPerPack, 2 * blocksPerPack, 3 * blocksPerPack, 3 * blocksPerPack + 11],
    );
    assert.deepEqual(created.slice(0, 3), ['pack', 'pack', '00000000']);
    const posted = created.filter((name) => name !== 'pack');
    assert.deepEqual(posted, ['00000000', '00000001', '00000002', '00000003']);
    assert.equal((await packsOf(test)).length, 4);
  });

  it('stores equal blocks once', async () => {
    const test = await prepare(['noise-1', 'text-1', 'noise-1', 'text-1', 'text-1', 'zero']);
    const [segment] = await runTestTransfer(test);
    assert.deepEqual(segment?.counts, {
      blocksRead: 6,
      blocksUnchanged: 0,
      blocksZero: 1,
      blocksDeduplicated: 3,
      blocksStored: 2,
      bytesRead: 6 * blockSizeBytes,
      bytesStored: segment?.counts.bytesStored,
    });
  });

  it('stores blocks that a volume before had once as well', async () => {
    const test = await prepare(['noise-1', 'text-1']);
    const second = await writePlan(test.fixture, test.objectStore, systemRandom, everyBlock(2));
    const transfer = await prepareStrataTransfer({ threads: 1 }).open({
      ...{ objectStore: test.objectStore, random: systemRandom, clock: createTestClock() },
      ...{ grant: test.fixture.grantBytes, attempt: 0, compression: 'small' },
    });
    const { source } = test;
    const request = { source, firstPlanned: 0, signal: new AbortController().signal };
    await Array.fromAsync(transfer.run({ ...test.plan, ...request }));
    const segments = await Array.fromAsync(transfer.run({ ...second, ...request }));
    await transfer.close();
    assert.equal(segments[0]?.counts.blocksDeduplicated, 2);
    assert.equal(segments[0].counts.blocksStored, 0);
  });

  it('keeps a short last block as short as it is', async () => {
    await assertStored(await prepare(['text-1', 'noise-1', 'text-2'], 512));
  });

  it('stores nothing for an empty plan', async () => {
    const test = await prepare(['text-1']);
    const plan = await writePlan(test.fixture, test.objectStore, systemRandom, []);
    assert.deepEqual(await runTestTransfer({ ...test, plan }), []);
    assert.deepEqual(await packsOf(test), []);
  });

  it('is the same, byte for byte, for the same randomness, however many threads there are', async () => {
    const blocks = [...noise(6), ...noise(6), 'text-1', 'text-2'] as const;
    const test = await prepare(blocks);
    const packs: Uint8Array[] = [];
    for (const threads of [1, 3]) {
      const objectStore = createMemoryObjectStore();
      for await (const { key } of test.objectStore.list('control/')) {
        await objectStore.create(key, await test.objectStore.get(key));
      }
      await runTestTransfer({ ...test, objectStore, threads, random: countingRandom() });
      for (const { key } of await packsOf({ ...test, objectStore })) {
        packs.push(await objectStore.get(key));
      }
    }
    assert.equal(packs.length, 2);
    assert.deepEqual(packs[0], packs[1]);
  });
});

describe('how often a transfer shows its progress', () => {
  /** A clock by which every look at it takes so long. */
  function passingClock(stepMs: number): Clock {
    const clock = createTestClock();
    let now = 0;
    return { ...clock, now: () => (now += stepMs) as TimestampMs };
  }

  it('posts a segment each second while nothing is stored', async () => {
    const test = await prepare(Array.from({ length: 40 }, () => 'zero' as const));
    const segments = await runTestTransfer({
      ...test,
      clock: passingClock(60 * transferLimits.blocksPerBatch),
    });
    assert.ok(segments.length >= 2 && segments.length <= 4, `${segments.length} segments`);
    assert.equal(segments.at(-1)?.endPlanned, 40);
    assert.deepEqual(await packsOf(test), []);
  });

  it('uploads a pack that is not full after five seconds', async () => {
    const test = await prepare([...noise(1), ...Array.from({ length: 59 }, () => 'zero' as const)]);
    const segments = await runTestTransfer({
      ...test,
      clock: passingClock(250 * transferLimits.blocksPerBatch),
    });
    assert.equal(segments[0]?.counts.blocksStored, 1);
    assert.ok(segments[0].endPlanned <= 24 && segments[0].endPlanned >= 12);
    assert.equal((await packsOf(test)).length, 1);
  });
});

describe('a transfer whose object store fails', () => {
  for (const when of ['before-effect', 'after-effect'] as const) {
    it(`stores every pack and segment once when creates fail ${when}`, async () => {
      const test = await prepare(noise(blocksPerPack + 7));
      const faulty = createFaultyObjectStore(test.objectStore, [
        { method: 'create', key: /^packs\//, times: 2, when },
        { method: 'create', key: /\/segments-/, times: 3, when },
        { method: 'get', key: /\/plan-/, when: 'before-effect' },
      ]);
      await assertStored(test, faulty);
      assert.deepEqual(faulty.strikes, [2, 3, 1]);
      assert.equal((await packsOf(test)).length, 2);
    });
  }

  it('gives up after its last retry, and waited in between', async () => {
    const test = await prepare(['text-1']);
    const faulty = createFaultyObjectStore(test.objectStore, [
      { method: 'create', key: /^packs\//, times: 1000, when: 'before-effect' },
    ]);
    const clock = createTestClock();
    await assert.rejects(runTestTransfer({ ...test, objectStore: faulty, clock }), {
      code: 'STORE_UNAVAILABLE',
    });
    assert.equal(faulty.strikes[0], 10);
    assert.ok(clock.sleptMs() > 20_000);
  });

  it('passes a full store on at once, and posts no segment for what was not stored', async () => {
    const test = await prepare(noise(blocksPerPack + 7));
    const full = new SnapledgerError('STORE_FULL', 'no room');
    const faulty = createFaultyObjectStore(test.objectStore, [
      { method: 'create', key: /^packs\//, fromCall: 2, when: 'before-effect', error: full },
    ]);
    await assert.rejects(runTestTransfer({ ...test, objectStore: faulty }), { code: 'STORE_FULL' });
    const control = await Array.fromAsync(test.objectStore.list('control/'));
    assert.equal(control.filter(({ key }) => key.includes('/segments-')).length, 1);
  });

  it('takes another name for a pack when its name is taken', async () => {
    const test = await prepare(['noise-1', 'text-1']);
    // The first four bytes drawn for a name are those of the transfer before it.
    await runTestTransfer({ ...test, random: countingRandom() });
    await assertStored({ ...test, attempt: 1, random: countingRandom(1) });
    assert.equal((await packsOf(test)).length, 2);
  });

  it('refuses to post over the segments of another worker of the same attempt', async () => {
    const test = await prepare(['noise-1']);
    await runTestTransfer(test);
    await assert.rejects(runTestTransfer(test), { code: 'OBJECT_EXISTS', message: /segment 0/ });
  });
});

describe('a transfer that ends early', () => {
  it('rejects with the reason as soon as it is aborted, also while a read hangs', async () => {
    const test = await prepare(noise(blocksPerPack + 7));
    const controller = new AbortController();
    const reason = new SnapledgerError('CANCELLED', 'stopped by the test');
    let reads = 0;
    const source = {
      ...test.source,
      read: (...read: Parameters<typeof test.source.read>): Promise<void> => {
        reads += 1;
        if (reads < 3) return test.source.read(...read);
        setTimeout(() => {
          controller.abort(reason);
        }, 20);
        return new Promise(() => undefined);
      },
    };
    await assert.rejects(runTestTransfer({ ...test, source, signal: controller.signal }), reason);
  });

  it('rejects when it is closed in the middle', async () => {
    const test = await prepare(noise(blocksPerPack + 7));
    const transfer = await prepareStrataTransfer({ threads: 1 }).open({
      ...{ objectStore: test.objectStore, random: systemRandom, clock: createTestClock() },
      ...{ grant: test.fixture.grantBytes, attempt: 0, compression: 'fast' },
    });
    const { source, plan } = test;
    const { signal } = new AbortController();
    const segments = Array.fromAsync(transfer.run({ ...plan, source, firstPlanned: 0, signal }));
    const rejected = assert.rejects(segments, { code: 'CANCELLED' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await transfer.close();
    await rejected;
  });

  it('can go on where the segments of the attempt before had got to', async () => {
    const test = await prepare(noise(blocksPerPack + 7));
    const transfer = await prepareStrataTransfer({ threads: 2 }).open({
      ...{ objectStore: test.objectStore, random: systemRandom, clock: createTestClock() },
      ...{ grant: test.fixture.grantBytes, attempt: 0, compression: 'fast' },
    });
    const { source, plan } = test;
    const { signal } = new AbortController();
    let reached = 0;
    for await (const segment of transfer.run({ ...plan, source, firstPlanned: 0, signal })) {
      reached = segment.endPlanned;
      break;
    }
    await transfer.close();
    assert.equal(reached, blocksPerPack);
    const [rest] = await runTestTransfer({ ...test, attempt: 1, firstPlanned: reached });
    assert.deepEqual(
      [rest?.number, rest?.firstPlanned, rest?.endPlanned],
      [0, blocksPerPack, blocksPerPack + 7],
    );
    assert.equal(rest?.counts.blocksStored, 7);
  });

  it('rejects with a clear error when an encoder thread dies', async () => {
    const test = await prepare(noise(20));
    const source = {
      ...test.source,
      read: async (...read: Parameters<typeof test.source.read>): Promise<void> => {
        await test.source.read(...read);
        // A disk cannot do this; memory that goes bad can. The first fact of a slot is the length
        // of its first block, and an encoder does not go on with a block that is too long.
        const [first, , into] = read;
        if (first >= 12) new Uint32Array(into.buffer, 0, 1)[0] = blockSizeBytes + 1;
      },
    };
    await assert.rejects(runTestTransfer({ ...test, source }), {
      code: 'WORKER_FAILED',
      message: /encoder threads ended unexpectedly: .*512 KiB/,
    });
  });

  it('passes an error of the source on', async () => {
    const test = await prepare(noise(3));
    const error = new SnapledgerError('DISK_UNREADABLE', 'scratched');
    const source = { ...test.source, read: () => Promise.reject(error) };
    await assert.rejects(runTestTransfer({ ...test, source }), error);
  });

  it('says that the disk changed when a planned block lies beyond its end', async () => {
    const test = await prepare(noise(3));
    const source = createMemoryDisk(noise(2));
    await assert.rejects(runTestTransfer({ ...test, source }), { code: 'DISK_CHANGED' });
  });

  it('refuses a grant that is none, and a plan that is not there', async () => {
    const test = await prepare(['zero']);
    await assert.rejects(runTestTransfer({ ...test, grant: new Uint8Array(7) }), {
      code: 'INVALID_ARGUMENT',
    });
    const plan = { ...test.plan, planId: systemRandom.uuid() };
    await assert.rejects(runTestTransfer({ ...test, plan }), { code: 'OBJECT_NOT_FOUND' });
  });
});

/** Randomness that repeats: the first four bytes are the same whatever `seed` is. */
function countingRandom(seed = 0): RandomSource {
  let calls = 0;
  return {
    bytes: (lengthBytes) => {
      calls += 1;
      const isName = lengthBytes === 4 && calls <= 2;
      return new Uint8Array(lengthBytes).fill(isName ? 7 : calls + seed * 100);
    },
    uuid: () => systemRandom.uuid(),
  };
}
