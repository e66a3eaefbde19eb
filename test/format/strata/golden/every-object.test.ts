import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { packHeaderBytes, recordKind } from '../../../../tools/strata-reader/record.ts';
import { openRepository } from '../../../../tools/strata-reader/repository.ts';
import { verifyRepository } from '../../../../tools/strata-reader/verify-repository.ts';
import { optionsOn } from '../../../../src/conformance/format-bench.ts';
import { isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import { strataFormat } from '../../../../src/format/strata/strata-format.ts';
import { dependenciesOf } from '../../../support/golden/golden-dependencies.ts';
import {
  type GoldenObjects,
  GoldenReaders,
  readerOf,
  storeOf,
} from '../../../support/golden/golden-readers.ts';
import {
  type ExpectedContent,
  type GoldenName,
  goldenPassphrase,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';
import { isRightOrDamaged, observeDamage } from '../../../support/golden/observed-damage.ts';

/** What can be done to an object; null where there is nothing to do it with. */
type Change = (
  objects: ReadonlyMap<string, Buffer>,
  key: string,
) => ReadonlyMap<string, Buffer | null> | null;

const at = (objects: ReadonlyMap<string, Buffer>, key: string): Buffer =>
  objects.get(key) ?? assert.fail(key);

/** Keys of one kind are the same but for their ids and numbers. */
const shapeOf = (key: string): string => key.replaceAll(/[0-9a-f-]{8,}/g, '*');

/** Of which kind a sealed object or a pack is: manifests, tombstones and relocations have keys of one shape. */
const kindOf = (key: string, bytes: Buffer): string => `${shapeOf(key)} ${bytes[5] ?? ''}`;

const changes: Readonly<Record<string, Change>> = {
  'a bit flipped': (objects, key) => {
    const changed = Buffer.from(at(objects, key));
    const middle = Math.floor(changed.length * 0.6);
    changed.writeUInt8(changed.readUInt8(middle) ^ 0x10, middle);
    return new Map([[key, changed]]);
  },
  'its end cut off': (objects, key) =>
    new Map([[key, at(objects, key).subarray(0, -at(objects, key).length / 3)]]),
  'nothing in it': (_objects, key) => new Map([[key, Buffer.alloc(0)]]),
  'been removed': (_objects, key) => new Map([[key, null]]),
  'been swapped with the next of its kind': (objects, key) => {
    const bytes = at(objects, key);
    const kind = kindOf(key, bytes);
    const same = [...objects].filter(([one, other]) => kindOf(one, other) === kind);
    const next = same[same.findIndex(([one]) => one === key) + 1];
    return next === undefined
      ? null
      : new Map([
          [key, next[1]],
          [next[0], bytes],
        ]);
  },
};

/** Of a claim, the relocation that counts by it, which is named instead; of any other key that key. */
function relocationOf(key: string): string {
  return key.replace(/^relocations\/([^/]+)\/[0-9a-f]{8}-/, 'points/$1/');
}

/**
 * What may be gone without anybody saying so where no point is hurt by it: docs/strata.md, "Removed objects". Of
 * keys and packs that are those that no point leads to.
 */
const mayBeGone = /^(points\/.*\.removed$|(gc|sessions|relocations|control|keys|packs)\/)/;

for (const name of ['v1-moved', 'v1-repaired', 'v1-locked'] as const satisfies GoldenName[]) {
  describe(`an object of ${name}`, () => {
    let objects: Map<string, Buffer>;
    let expected: ExpectedContent;
    let readers: GoldenReaders;
    before(async () => {
      objects = await readGoldenObjects(name);
      expected = await readExpected(name);
      readers = await GoldenReaders.unlock(objects);
    });

    const changed = (change: ReadonlyMap<string, Buffer | null>): GoldenObjects => {
      const copy = new Map(objects);
      for (const [key, bytes] of change) {
        if (bytes === null) copy.delete(key);
        else copy.set(key, bytes);
      }
      return copy;
    };

    /** Those by which a repository is opened, and all others. */
    const keysWhere = (opens: 'opens' | 'is-opened'): readonly string[] =>
      [...objects.keys()].filter(
        (key) => (key === 'strata' || key.startsWith('slots/')) === (opens === 'opens'),
      );

    for (const [what, change] of Object.entries(changes)) {
      it(`that has ${what} is named, and whatever is restored is right`, async () => {
        for (const key of keysWhere('is-opened')) {
          const made = change(objects, key);
          if (made === null) continue;
          const about = `${key} has ${what}`;
          const pointKeys = Object.keys(expected.points);
          const observed = await observeDamage(readers, changed(made), pointKeys);
          const touched = [...made.keys()];
          let isWhole = true;
          for (const [pointKey, volumes] of Object.entries(expected.points)) {
            for (const restored of [observed.restored, observed.restoredBySecond]) {
              for (const { volumeId, blocks } of volumes) {
                const found = restored[pointKey]?.[volumeId];
                isWhole &&= found?.join() === blocks.join();
                if (found === undefined) continue;
                assert.ok(isRightOrDamaged(found, blocks), `${about}: ${pointKey} ${volumeId}`);
              }
            }
          }
          for (const one of touched) {
            // Whether its point is locked only the manifest tells: without it the mark counts.
            if (objects.has(`${one}.removed`)) continue;
            const said = [...observed.named, ...observed.second].join('\n');
            const isNamed = said.includes(one) || said.includes(relocationOf(one));
            const isGone = made.get(one) === null;
            assert.ok(isNamed || (isGone && isWhole && isExpendable(one)), `${about}: ${one}`);
          }
          if (isWhole || touched.some((one) => objects.has(`${one}.removed`))) continue;
          assert.ok(observed.named.length > 0, `${about}: the product names it`);
        }
      });
    }

    const isExpendable = (key: string): boolean =>
      mayBeGone.test(key) || expected.tombstones.includes(key);

    it('that is a pack is known by each byte of its header, and is read all the same', async () => {
      const { records } = dependenciesOf(readers.second(objects));
      for (const kind of [recordKind.block, recordKind.node]) {
        const key = records.find((one) => one.kind === kind)?.reference.pack ?? assert.fail();
        for (let position = 0; position < packHeaderBytes; position += 1) {
          const bytes = Buffer.from(at(objects, key));
          bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << (position % 8)), position);
          const copy = changed(new Map([[key, bytes]]));
          const product = await readers.product(copy, 'caller');
          const steps = await Array.fromAsync(product.verify({ depth: 'structure' }));
          const findings = steps.filter((step) => step.kind === 'finding');
          assert.ok(findings.length > 0, `byte ${position} of ${key}`);
          for (const { objectKey, blockCount } of findings) {
            assert.deepEqual([objectKey, blockCount], [key, 0], 'it is named, and hurts no block');
          }
          const said = verifyRepository(readers.second(copy)).map(({ message }) => message);
          assert.ok(said.length > 0 && said.every((one) => one.includes(key)), said.join('\n'));
        }
      }
    });

    it('that opens it is the only one that does: changed or gone, nothing can be opened', async () => {
      for (const key of keysWhere('opens')) {
        for (const [what, change] of Object.entries(changes)) {
          const made = change(objects, key);
          if (made === null) continue;
          const copy = changed(made);
          const options = optionsOn(await storeOf(copy), goldenPassphrase);
          await assert.rejects(strataFormat.openRepository(options), isSnapledgerError, what);
          assert.throws(() => openRepository(readerOf(copy), goldenPassphrase), what);
        }
      }
    });
  });
}
