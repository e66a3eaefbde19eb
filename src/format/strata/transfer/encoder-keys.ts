import { uuidSizeBytes } from '../encoding/uuid-bytes.ts';
import { keySizeBytes } from '../keys/repository-keys.ts';

/** What encoder threads need to know: two keys, two ids, and the seed of their nonces. */
export interface EncoderKeys {
  /** K_id */
  readonly blockIdKey: Uint8Array;
  /** B_s */
  readonly blockKey: Uint8Array;
  /** 32 random bytes, fresh for each transfer. */
  readonly nonceSeed: Uint8Array;
  readonly sessionIdBytes: Uint8Array;
  readonly repositoryIdBytes: Uint8Array;
}

const fields = [
  ['blockIdKey', keySizeBytes],
  ['blockKey', keySizeBytes],
  ['nonceSeed', keySizeBytes],
  ['sessionIdBytes', uuidSizeBytes],
  ['repositoryIdBytes', uuidSizeBytes],
] as const;

/**
 * Shared memory for the keys: threads can be started before there are any, and erasing it erases
 * them in every thread.
 */
export function makeEncoderKeysRoom(): SharedArrayBuffer {
  return new SharedArrayBuffer(fields.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0));
}

/** Copies the keys to where the threads look for them. */
export function shareEncoderKeys(keys: EncoderKeys, room: SharedArrayBuffer): void {
  const shared = openEncoderKeys(room);
  for (const [name] of fields) shared[name].set(keys[name]);
}

/** The keys as views of their room. */
export function openEncoderKeys(shared: SharedArrayBuffer): EncoderKeys {
  return {
    blockIdKey: new Uint8Array(shared, 0, keySizeBytes),
    blockKey: new Uint8Array(shared, keySizeBytes, keySizeBytes),
    nonceSeed: new Uint8Array(shared, 2 * keySizeBytes, keySizeBytes),
    sessionIdBytes: new Uint8Array(shared, 3 * keySizeBytes, uuidSizeBytes),
    repositoryIdBytes: new Uint8Array(shared, 3 * keySizeBytes + uuidSizeBytes, uuidSizeBytes),
  };
}
