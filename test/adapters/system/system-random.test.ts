import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';

describe('the randomness of this machine', () => {
  it('gives as many bytes as were asked for, each time others', () => {
    for (const lengthBytes of [0, 1, 32, 65_536]) {
      assert.equal(systemRandom.bytes(lengthBytes).byteLength, lengthBytes);
    }
    assert.notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32));
  });

  it('rejects lengths that are none', () => {
    for (const lengthBytes of [-1, 0.5, NaN, 2 ** 24 + 1]) {
      assert.throws(() => systemRandom.bytes(lengthBytes), { code: 'INVALID_ARGUMENT' });
    }
  });

  it('gives UUIDs of version 4 in lower case, each time another', () => {
    const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    assert.match(systemRandom.uuid(), pattern);
    assert.notEqual(systemRandom.uuid(), systemRandom.uuid());
  });
});
