import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { BlockIndex, SessionId } from '../../../../src/domain/identifiers.ts';
import { packRefOf, type RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { SoundBefore } from '../../../../src/format/strata/verify/sound-before.ts';

const sessionId = '11111111-1111-4111-8111-111111111111' as SessionId;

function record(n: number): RecordRef {
  const pack = packRefOf({ sessionId, writer: n, number: 0 });
  return { pack, offset: 40, lengthBytes: 100, id: new Uint8Array(32) };
}

const root = { blockCount: 2, entry: record(0) };
const block = (n: number): BlockIndex => n as BlockIndex;

describe('what was found sound of a volume before', () => {
  it('is the record that the earlier map has in the same place', async () => {
    const before = new SoundBefore(root, {
      read: (_ref, { level, position }) =>
        Promise.resolve({ level, position, entries: [record(1), record(2)] }),
    });
    assert.equal(await before.has(block(0), record(1)), true);
    assert.equal(await before.has(block(1), record(1)), false);
  });

  it('is nothing from then on when the earlier map is gone, and is asked for no more', async () => {
    let reads = 0;
    const before = new SoundBefore(root, {
      read: () => {
        reads += 1;
        return Promise.reject(new SnapledgerError('OBJECT_CORRUPT', 'the object is missing', {}));
      },
    });
    for (const n of [0, 1]) assert.equal(await before.has(block(n), record(1)), false);
    assert.equal(reads, 1);
  });

  it('is nothing where there is no earlier map', async () => {
    const before = new SoundBefore(null, { read: () => assert.fail('nothing to be read') });
    assert.equal(await before.has(block(0), record(1)), false);
  });
});
