import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { compressedSizeBytes } from '../../../../src/format/strata/record/compress.ts';
import {
  compressionEfforts,
  type CompressionEffort,
} from '../../../../src/format/compression-effort.ts';
import { EffortProbe } from '../../../../src/format/strata/transfer/effort-probe.ts';

const { balanced, fast } = compressionEfforts;

/** Lines of words, in an order that looks like chance: what efforts differ on. */
function words(): Uint8Array {
  const lexicon = Array.from({ length: 3000 }, (_, n) =>
    createHash('sha256')
      .update(`${n}`)
      .digest('base64url')
      .slice(0, 4 + (n % 9))
      .toLowerCase(),
  );
  let state = 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  const text: string[] = [];
  while (text.length < 90_000) text.push(lexicon[next() % (1 + (next() % 3000))] ?? '');
  return Buffer.from(text.join(' ')).subarray(0, blockSizeBytes);
}

const worthIt = words();
const noise = createHash('shake256', { outputLength: blockSizeBytes }).update('noise').digest();

/** The efforts by which blocks are encoded, one after the other. */
function effortsFor(
  blocks: readonly Uint8Array[],
  efforts = balanced,
): readonly CompressionEffort[] {
  const probe = new EffortProbe();
  return blocks.map((plain) => {
    let used: CompressionEffort = 'thorough';
    probe.encode(plain, efforts, (effort) => {
      used = effort;
      return compressedSizeBytes(plain, effort);
    });
    return used;
  });
}

const times = (count: number, block: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: count }, () => block);

describe('the effort for a block', () => {
  it('stays the usual one where that saves a hundredth more than the least', () => {
    const least = compressedSizeBytes(worthIt, balanced.least);
    const usual = compressedSizeBytes(worthIt, balanced.usual);
    assert.ok(least - usual > blockSizeBytes / 100, `${least} and ${usual} bytes`);
    assert.deepEqual(new Set(effortsFor(times(80, worthIt))), new Set(['usual']));
  });

  it('is the least where the usual one gains nothing, and is looked at again after 63 blocks', () => {
    const efforts = effortsFor(times(129, noise));
    const probed = efforts.flatMap((effort, n) => (effort === 'usual' ? [n] : []));
    assert.deepEqual(probed, [0, 64, 128]);
    assert.deepEqual(new Set(efforts), new Set(['light', 'usual']));
  });

  it('changes with what comes', () => {
    const efforts = effortsFor([...times(64, noise), ...times(64, worthIt), ...times(2, noise)]);
    assert.deepEqual(new Set(efforts.slice(1, 64)), new Set(['light']));
    assert.deepEqual(new Set(efforts.slice(64, 129)), new Set(['usual']));
    assert.equal(efforts.at(-1), 'light');
  });

  it('is not looked for where there is one alone', () => {
    const probe = new EffortProbe();
    let encoded = 0;
    const storedBytes = probe.encode(worthIt, fast, (effort) => {
      assert.equal(effort, 'light');
      encoded += 1;
      return 7;
    });
    assert.deepEqual([storedBytes, encoded], [7, 1]);
  });

  it('is looked for anew when another choice is wanted', () => {
    const probe = new EffortProbe();
    const used: CompressionEffort[] = [];
    for (const efforts of [balanced, compressionEfforts.small, compressionEfforts.small]) {
      probe.encode(noise, efforts, (effort) => {
        used.push(effort);
        return noise.length;
      });
    }
    assert.deepEqual(used, ['usual', 'thorough', 'usual']);
  });
});
