/** Randomness, so that a simulation can bring its own. Cryptographically strong in production. */
export interface RandomSource {
  /** `lengthBytes` fresh random bytes. */
  bytes(lengthBytes: number): Uint8Array;
  /** A fresh random UUID (version 4), lower case. */
  uuid(): string;
}
