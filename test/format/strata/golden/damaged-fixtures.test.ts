import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  damagedObjects,
  outcomeOf,
  readDamagedFixtures,
} from '../../../support/golden/damaged-fixture.ts';
import { GoldenReaders } from '../../../support/golden/golden-readers.ts';
import {
  type GoldenName,
  readExpected,
  readGoldenObjects,
} from '../../../support/golden/golden-repository.ts';
import { isRightOrDamaged } from '../../../support/golden/observed-damage.ts';

const fixtures = await readDamagedFixtures();
const opened = new Map<GoldenName, Promise<GoldenReaders>>();
const unlocked = async (name: GoldenName): Promise<GoldenReaders> =>
  GoldenReaders.unlock(await readGoldenObjects(name));
const readersOf = (name: GoldenName): Promise<GoldenReaders> => {
  const readers = opened.get(name) ?? unlocked(name);
  opened.set(name, readers);
  return readers;
};

describe('a damaged repository that is kept', () => {
  for (const { about, damage, outcome } of fixtures) {
    it(`in which ${about} (${damage.of}): names what it named, and gives what it gave`, async () => {
      assert.deepEqual(await outcomeOf(await readersOf(damage.of), damage), outcome);
    });
  }

  it('gives nothing that is wrong, and never leaves damage unnamed', async () => {
    assert.ok(fixtures.length >= 16);
    for (const { about, damage, outcome } of fixtures) {
      const { points } = await readExpected(damage.of);
      const isHurt = Object.keys(outcome.hurt).length > 0;
      if (isHurt) assert.ok(outcome.named.length > 0, about);
      for (const hurt of [outcome.hurt, outcome.hurtOfSecond]) {
        for (const [pointKey, volumes] of Object.entries(hurt)) {
          for (const [volumeId, blocks] of Object.entries(volumes ?? {})) {
            const expected = points[pointKey]?.find((volume) => volume.volumeId === volumeId);
            assert.ok(isRightOrDamaged(blocks, expected?.blocks ?? []), `${about}: ${pointKey}`);
          }
        }
      }
      await damagedObjects(damage);
    }
  });
});
