import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { DamageOracle, type DamagedCopy } from '../../../support/golden/damaged-copies.ts';
import { dependenciesOf, type DamagedPart } from '../../../support/golden/golden-dependencies.ts';
import { GoldenReaders, readWithProduct } from '../../../support/golden/golden-readers.ts';
import {
  goldenFolder,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';

interface Flip {
  readonly key: string;
  /** From 0: bit 0 is the lowest of the first byte. */
  readonly bit: number;
}

const objects = await readGoldenObjects('v1-points');
const expected = await readExpected('v1-points');

/** Flips that once found something, or stand for a kind of byte; a counterexample is added here. */
const corpus = JSON.parse(
  await readFile(new URL('flipped-bits.json', `file://${goldenFolder}`), 'utf8'),
) as readonly { readonly about: string; readonly flips: readonly Flip[] }[];

/** As many as the gate can afford: each is held to what exactly it hurts, by both readers. */
const runs = Number(process.env['SNAPLEDGER_FUZZ_RUNS'] ?? '15');
const seed = Number(process.env['SNAPLEDGER_FUZZ_SEED'] ?? '20261125');

/** Objects of which every byte is needed. The header is left to every-bit.test.ts: it is slow. */
const damageable = [...objects.keys()].filter((key) => key !== 'strata').toSorted();
const packs = damageable.filter((key) => key.startsWith('packs/'));
const packHeaderBytes = 40;

const bitOf = (key: string, fromByte: number): fc.Arbitrary<Flip> => {
  const length = objects.get(key)?.length ?? 0;
  return fc.integer({ min: fromByte * 8, max: length * 8 - 1 }).map((bit) => ({ key, bit }));
};
const flips: fc.Arbitrary<readonly Flip[]> = fc.uniqueArray(
  fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...damageable).chain((key) => bitOf(key, 0)) },
    { weight: 3, arbitrary: fc.constantFrom(...packs).chain((key) => bitOf(key, packHeaderBytes)) },
  ),
  { minLength: 1, maxLength: 8, selector: ({ key, bit }) => `${key} ${bit}` },
);

function flipped(which: readonly Flip[]): DamagedCopy {
  const changed = new Map(objects);
  const damaged: DamagedPart[] = [];
  for (const { key, bit } of which) {
    const bytes = Buffer.from(changed.get(key) ?? assert.fail(`there is no ${key}`));
    const at = bit >> 3;
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at);
    changed.set(key, bytes);
    damaged.push({ key, from: at, end: at + 1 });
  }
  return { objects: changed, damaged };
}

describe('flipped bits in the golden repository v1-points', () => {
  let readers: GoldenReaders;
  let oracle: DamageOracle;
  before(async () => {
    readers = await GoldenReaders.unlock(objects);
    const dependencies = dependenciesOf(readers.second(objects));
    oracle = new DamageOracle(readers, expected, dependencies);
  });

  const assertBoth = async (which: readonly Flip[]): Promise<void> => {
    const copy = flipped(which);
    oracle.assertSecondReader(copy);
    await oracle.assertProduct(await readers.product(copy.objects), copy);
  };

  for (const { about, flips: kept } of corpus) {
    it(`hurt exactly the blocks that need them: ${about}`, () => assertBoth(kept));
  }

  it('anywhere hurt exactly the blocks that need them, and none of them comes out', async () => {
    await fc.assert(fc.asyncProperty(flips, assertBoth), { numRuns: runs, seed });
  });

  it('are left out by a restore of whole volumes, and named by a deep verify', async () => {
    // Of blocks only: damage of a map node hides from whoever reads what lies below it.
    const isInBlock = ({ key, bit }: Flip): boolean =>
      packs.includes(key) && objects.get(key)?.[5] === 1 && bit >= packHeaderBytes * 8;
    const which = corpus.flatMap((each) => each.flips).filter(isInBlock);
    assert.ok(which.length >= 5);
    const copy = flipped(which);
    const product = await readers.product(copy.objects);
    for (const [pointKey, volumes] of Object.entries(expected.points)) {
      const reading = await readWithProduct(product, pointKey);
      for (const volume of volumes) {
        assert.deepEqual(
          reading.volumes[volume.volumeId]?.blocks,
          oracle.expectedBlocks(pointKey, volume, copy),
        );
      }
    }
    const findings = await Array.fromAsync(product.verify({ depth: 'deep' }));
    const named = findings.flatMap((step) => (step.kind === 'finding' ? [step.objectKey] : []));
    const hurtPacks = new Set(which.map(({ key }) => key));
    assert.deepEqual([...new Set(named)].toSorted(), [...hurtPacks].toSorted());
  });
});
