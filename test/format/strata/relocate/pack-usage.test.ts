import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionId } from '../../../../src/domain/identifiers.ts';
import { packRefOf, type RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { PackUsage } from '../../../../src/format/strata/relocate/pack-usage.ts';

const sessionId = '11111111-1111-4111-8111-111111111111' as SessionId;
const lengthBytes = 1000;

function record(pack: number, n: number): RecordRef {
  return {
    pack: packRefOf({ sessionId, writer: pack, number: 0 }),
    offset: 40 + n * lengthBytes,
    lengthBytes,
    id: new Uint8Array(32),
  };
}

async function usageOf(
  records: readonly RecordRef[],
  sizes: ReadonlyMap<number, number>,
): Promise<readonly (readonly [number, number])[]> {
  const usage = new PackUsage({
    liveShareMax: 0.5,
    sizeOf: ({ key }) => {
      const size = [...sizes].find(([pack]) => record(pack, 0).pack.key === key)?.[1];
      return Promise.resolve(size ?? null);
    },
  });
  for (const ref of records) await usage.note(ref);
  return [...usage.packs()].map(({ liveRecords, liveBytes }) => [liveRecords, liveBytes]);
}

const inPack = (pack: number, count: number): readonly RecordRef[] =>
  Array.from({ length: count }, (_, n) => record(pack, n));

describe('how much of each pack is needed', () => {
  it('counts a record once, however many maps lead to it', async () => {
    const records = Array.from({ length: 40 }, () => inPack(1, 10)).flat();
    assert.deepEqual(await usageOf(records, new Map([[1, 100_000]])), [[10, 10_000]]);
  });

  it('gives packs of which half is needed, and none of which more is', async () => {
    const sizes = new Map([1, 2, 3].map((pack) => [pack, 100_000]));
    const records = [...inPack(1, 50), ...inPack(2, 51), ...inPack(3, 99)];
    assert.deepEqual(await usageOf(records, sizes), [[50, 50_000]]);
  });

  it('forgets a pack as soon as too much of it is needed, and does not begin it anew', async () => {
    const records = [...inPack(1, 99), ...inPack(1, 5)];
    assert.deepEqual(await usageOf(records, new Map([[1, 100_000]])), []);
  });

  it('leaves out what is missing', async () => {
    assert.deepEqual(await usageOf(inPack(1, 3), new Map()), []);
  });
});
