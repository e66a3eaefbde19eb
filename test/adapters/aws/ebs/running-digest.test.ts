import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { runningDigest } from '../../../../src/adapters/aws/ebs/running-digest.ts';

const digestOf = (block: number): Uint8Array =>
  createHash('sha256').update(`block ${block}`).digest();

describe('the LINEAR checksum of a snapshot', () => {
  it('is over the raw digests in the order of the blocks, in whatever order they come', () => {
    const blocks = fc.uniqueArray(fc.nat({ max: 1_000 }), { maxLength: 40 });
    fc.assert(
      fc.property(blocks, fc.nat({ max: 1_000 }), (arrival, passed) => {
        const digest = runningDigest();
        // What is said to be passed has come before.
        const [early, late] = [
          arrival.filter((block) => block < passed),
          arrival.filter((block) => block >= passed),
        ];
        for (const block of early) digest.add(block, digestOf(block));
        digest.passed(passed);
        for (const block of late) digest.add(block, digestOf(block));

        const linear = createHash('sha256');
        for (const block of arrival.toSorted((a, b) => a - b)) linear.update(digestOf(block));
        assert.deepEqual(digest.end(), {
          count: arrival.length,
          checksum: linear.digest('base64'),
        });
      }),
    );
  });

  it('counts a block once that is put again', () => {
    const digest = runningDigest();
    digest.add(7, digestOf(1));
    digest.add(7, digestOf(7));
    const checksum = createHash('sha256').update(digestOf(7)).digest('base64');
    assert.deepEqual(digest.end(), { count: 1, checksum });
  });
});
