import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { createHookedObjectStore } from './hooked-object-store.ts';

export interface BitFlip {
  readonly key: string;
  /** Bit of the object, from 0: bit 0 is the lowest of its first byte. */
  readonly bit: number;
}

/**
 * Stored objects whose named bits are the other way round: silent corruption of a medium. Ranged
 * gets that do not touch the bit are sound.
 *
 * Cannot prove: that damage of other shapes is found (torn, swapped or vanished objects); make
 * those with an object store in memory.
 */
export function createBitFlippingObjectStore(
  inner: ObjectStore,
  flips: readonly BitFlip[],
): ObjectStore {
  return {
    ...createHookedObjectStore(inner, {}),
    async get(key, range) {
      const bytes = await inner.get(key, range);
      const offset = range?.offset ?? 0;
      for (const flip of flips.filter((candidate) => candidate.key === key)) {
        const position = Math.floor(flip.bit / 8) - offset;
        const byte = bytes[position];
        if (byte !== undefined) bytes[position] = byte ^ (1 << (flip.bit % 8));
      }
      return bytes;
    },
  };
}
