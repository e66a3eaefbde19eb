import type { RandomSource } from '../../../src/ports/random-source.ts';

/** Numbers that look random and are the same for the same seed. Not for keys. */
export interface SeededPrng {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number, both ends included. */
  integer(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /**
   * A generator of its own: how often it is asked changes nothing for any other, so that a
   * scenario stays the same while the code under test asks for more randomness.
   */
  fork(name: string): SeededPrng;
}

export function createSeededPrng(seed: string): SeededPrng {
  let state = hashOf(seed);
  // mulberry32: 32 bits of state are plenty for one run.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    fork: (name) => createSeededPrng(`${seed}/${name}`),
  };
}

/** The engine's randomness in a simulation: reproducible, so anything but strong. */
export function createSimulatedRandom(prng: SeededPrng): RandomSource {
  const bytes = (lengthBytes: number): Uint8Array =>
    Uint8Array.from({ length: lengthBytes }, () => prng.integer(0, 255));
  const uuid = (): string => {
    const hex = Buffer.from(bytes(16)).toString('hex');
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
  };
  return { bytes, uuid };
}

/** FNV-1a over the text, finished so that neighbouring seeds are far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
