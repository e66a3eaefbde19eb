import { createHash } from 'node:crypto';
import type { RandomSource } from '../../src/ports/random-source.ts';

/** The same bytes for the same seed, and others with every call. */
export function createSeededRandom(seed: string): RandomSource {
  let calls = 0;
  const bytes = (lengthBytes: number): Uint8Array => {
    calls += 1;
    const hash = createHash('shake256', { outputLength: lengthBytes });
    return hash.update(`${seed}/${calls}`).digest();
  };
  return {
    bytes,
    uuid: () =>
      Buffer.from(bytes(16))
        .toString('hex')
        .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5'),
  };
}
