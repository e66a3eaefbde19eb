import { randomFillSync, randomUUID } from 'node:crypto';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RandomSource } from '../../ports/random-source.ts';

/** Far more than any key or nonce needs; a larger request is a mistake. */
const requestMaxBytes = 16 * 1024 * 1024;

/** The operating system's cryptographic randomness. */
export const systemRandom: RandomSource = {
  /** @throws INVALID_ARGUMENT for a length that is no whole number from 0 to 16 Mi. */
  bytes(lengthBytes) {
    if (!Number.isInteger(lengthBytes) || lengthBytes < 0 || lengthBytes > requestMaxBytes) {
      throw new SnapledgerError('INVALID_ARGUMENT', `cannot give ${lengthBytes} random bytes`, {
        remedy: `Ask for 0 to ${requestMaxBytes} bytes.`,
      });
    }
    return randomFillSync(new Uint8Array(lengthBytes));
  },

  uuid: () => randomUUID(),
};
