import type { RandomSource } from '../../../src/ports/random-source.ts';

/** A fake source of randomness in which every byte is the same: nothing in it is random. */
export function constantRandom(byte: number): RandomSource {
  const digit = (byte & 15).toString(16);
  return {
    bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(byte),
    uuid: () =>
      `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`,
  };
}
