import { assert } from '../../../domain/errors/assert.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { hmacSha256 } from '../../keys/hmac-sha256.ts';
import { keySizeBytes } from './repository-keys.ts';

/** The keys under one session's data key D_s. All that a worker of that session can decrypt with. */
export interface SessionKeys {
  readonly sessionId: SessionId;
  readonly sessionIdBytes: Uint8Array;
  /** B_s: the key above the keys of block records. */
  readonly blockKey: Uint8Array;
  /** N_s: the key above the keys of map node records. */
  readonly nodeKey: Uint8Array;
  /** C_s: seals what engine and worker write under `control/<session>/`. */
  readonly controlKey: Uint8Array;
}

/** `dataKey` is D_s, 32 bytes. */
export function deriveSessionKeys(sessionId: SessionId, dataKey: Uint8Array): SessionKeys {
  assert(dataKey.length === keySizeBytes, 'a data key has 32 bytes');
  const derive = (label: string): Uint8Array => new Uint8Array(hmacSha256(dataKey, label));
  return {
    sessionId,
    sessionIdBytes: uuidToBytes(sessionId),
    blockKey: derive('block'),
    nodeKey: derive('node'),
    controlKey: derive('control'),
  };
}
