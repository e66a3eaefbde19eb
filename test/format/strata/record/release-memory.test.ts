import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { releaseMemory } from '../../../../src/format/strata/record/release-memory.ts';

describe('releasing memory', () => {
  it('empties a large result, every view of it', () => {
    const bytes = Buffer.allocUnsafeSlow(4 * Buffer.poolSize);
    const view = bytes.subarray(10, 20);
    releaseMemory(view);
    assert.equal(bytes.length, 0);
    assert.equal(view.length, 0);
  });

  it('leaves small ones alone, whose memory is that of others too', () => {
    const mine = Buffer.from('mine');
    releaseMemory(mine);
    assert.equal(mine.toString(), 'mine');
  });

  it('leaves memory alone that threads share', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4 * Buffer.poolSize));
    releaseMemory(shared);
    assert.equal(shared.length, 4 * Buffer.poolSize);
  });
});
