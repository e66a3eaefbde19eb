import { hash } from 'node:crypto';
import { hmacSha256 } from '../../keys/hmac-sha256.ts';

/** Length of the id of a block or a map node. */
export const recordIdSizeBytes = 32;

/**
 * The id of a block: HMAC-SHA-256(K_id, SHA-256(content)). Keyed, so that who reads the bucket
 * cannot confirm a guess about the content; the plain digest is never stored.
 *
 * @param digestSha256 the 32 bytes of the block's SHA-256
 */
export function blockIdOf(blockIdKey: Uint8Array, digestSha256: Uint8Array): Uint8Array {
  return hmacSha256(blockIdKey, digestSha256);
}

/** The id of a record's content under `idKey`: K_id for a block, K_node for a map node. */
export function recordIdOf(idKey: Uint8Array, content: Uint8Array): Uint8Array {
  return blockIdOf(idKey, hash('sha256', content, 'buffer'));
}
