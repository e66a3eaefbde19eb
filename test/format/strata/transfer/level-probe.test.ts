import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { compressedSizeBytes } from '../../../../src/format/strata/record/compress.ts';
import { compressionLevels } from '../../../../src/format/compression-level.ts';
import { LevelProbe } from '../../../../src/format/strata/transfer/level-probe.ts';

const { balanced, fast } = compressionLevels;

/** Lines of words, in an order that looks like chance: what levels differ on. */
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

/** The levels at which blocks are encoded, one after the other. */
function levelsFor(blocks: readonly Uint8Array[], levels = balanced): readonly number[] {
  const probe = new LevelProbe();
  return blocks.map((plain) => {
    let used = 0;
    probe.encode(plain, levels, (level) => {
      used = level;
      return compressedSizeBytes(plain, level);
    });
    return used;
  });
}

const times = (count: number, block: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: count }, () => block);

describe('the level of a block', () => {
  it('stays the usual one where that saves a hundredth more than the least', () => {
    const [least, usual] = [1, 3].map((level) => compressedSizeBytes(worthIt, level));
    assert.ok((least ?? 0) - (usual ?? 0) > blockSizeBytes / 100, `${least} and ${usual} bytes`);
    assert.deepEqual(new Set(levelsFor(times(40, worthIt))), new Set([3]));
  });

  it('is the least where the usual one gains nothing, and is looked at again after 31 blocks', () => {
    const levels = levelsFor(times(65, noise));
    const probed = levels.flatMap((level, n) => (level === 3 ? [n] : []));
    assert.deepEqual(probed, [0, 32, 64]);
    assert.deepEqual(new Set(levels), new Set([1, 3]));
  });

  it('changes with what comes', () => {
    const levels = levelsFor([...times(32, noise), ...times(32, worthIt), ...times(2, noise)]);
    assert.deepEqual(new Set(levels.slice(1, 32)), new Set([1]));
    assert.deepEqual(new Set(levels.slice(32, 65)), new Set([3]));
    assert.equal(levels.at(-1), 1);
  });

  it('is not looked for where there is one alone', () => {
    const probe = new LevelProbe();
    let encoded = 0;
    const storedBytes = probe.encode(worthIt, fast, (level) => {
      assert.equal(level, 1);
      encoded += 1;
      return 7;
    });
    assert.deepEqual([storedBytes, encoded], [7, 1]);
  });

  it('is looked for anew when other levels are wanted', () => {
    const probe = new LevelProbe();
    const used: number[] = [];
    for (const levels of [balanced, compressionLevels.small, compressionLevels.small]) {
      probe.encode(noise, levels, (level) => {
        used.push(level);
        return noise.length;
      });
    }
    assert.deepEqual(used, [3, 6, 3]);
  });
});
