import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type GoldenObjects, GoldenReaders } from '../../../support/golden/golden-readers.ts';
import { readGoldenObjects } from '../../../support/golden/golden-repository.ts';

const objects = await readGoldenObjects('v1-unfinished');
const sessionOf = (key: string): string => key.split('/')[1] ?? '';
const registered = [...objects.keys()].filter((key) => key.startsWith('sessions/')).map(sessionOf);
const ofWriters = [...objects.keys()].filter(
  (key) => /^(sessions|control|keys)\//.test(key) && registered.includes(sessionOf(key)),
);

describe('a deep verify, of what sessions that have not ended need,', () => {
  let readers: GoldenReaders;
  before(async () => {
    readers = await GoldenReaders.unlock(objects);
  });

  const findingsIn = async (
    changed: GoldenObjects,
    depth: 'structure' | 'deep' = 'deep',
  ): Promise<readonly (readonly [string, string, string])[]> => {
    const product = await readers.product(changed);
    const steps = await Array.fromAsync(product.verify({ depth }));
    return steps.flatMap((step) =>
      step.kind === 'finding' ? [[step.pointId, step.objectKey, step.reason] as const] : [],
    );
  };

  it('names every object in which a bit is flipped, and its session', async () => {
    assert.ok(ofWriters.length >= 12);
    const changed = new Map(objects);
    for (const key of ofWriters) {
      // The other objects of a session can be read only with its key.
      if (key.startsWith('keys/')) continue;
      const bytes = Buffer.from(objects.get(key) ?? assert.fail(key));
      bytes.writeUInt8(bytes.readUInt8(30) ^ 4, 30);
      changed.set(key, bytes);
    }
    const found = await findingsIn(changed);
    assert.deepEqual(
      found.map(([pointId, objectKey]) => [pointId, objectKey]).toSorted(),
      ofWriters
        .filter((key) => !key.startsWith('keys/'))
        .map((key) => [sessionOf(key), key])
        .toSorted(),
    );
    assert.ok(found.every(([, , reason]) => reason === 'it is not authentic'));
    assert.deepEqual(await findingsIn(changed, 'structure'), [], 'that looks at points only');
  });

  it('names a key that is damaged, or missing although a plan was made with it', async () => {
    const keyKey = ofWriters.find((key) => key.startsWith('keys/') && hasNoPoint(key)) ?? '';
    const damaged = new Map([...objects, [keyKey, Buffer.alloc(68)]]);
    const missing = new Map(objects);
    assert.ok(missing.delete(keyKey));

    assert.deepEqual(await findingsIn(damaged), [
      [sessionOf(keyKey), keyKey, 'it is not a sealed object'],
    ]);
    assert.deepEqual(await findingsIn(missing), [
      [sessionOf(keyKey), keyKey, 'the object is missing'],
    ]);
  });

  it('says nothing of a session that was given up and is being removed', async () => {
    const givenUp = ofWriters.find((key) => key.startsWith('keys/') && !hasNoPoint(key)) ?? '';
    const without = new Map(objects);
    assert.ok(without.delete(givenUp));
    assert.deepEqual(await findingsIn(without), []);
  });
});

/** Neither a point nor a tombstone. */
function hasNoPoint(key: string): boolean {
  return ![...objects.keys()].some(
    (other) => other.endsWith(`/${sessionOf(key)}`) && other.startsWith('points/'),
  );
}
