import { hkdfSync } from 'node:crypto';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';

/** Every key of strata is a 256-bit key. */
export const keySizeBytes = 32;

/** The keys under a repository's master key. Held by engines and readers, never by a worker. */
export interface RepositoryKeys {
  readonly repositoryId: RepositoryId;
  readonly repositoryIdBytes: Uint8Array;
  /** K_id: makes block ids. The only one of these that a worker gets. */
  readonly blockIdKey: Uint8Array;
  /** K_node: makes the ids of map nodes. */
  readonly nodeIdKey: Uint8Array;
  /** K_wrap: seals the data keys of sessions. */
  readonly sessionWrapKey: Uint8Array;
  /** K_manifest: seals manifests and tombstones. */
  readonly manifestKey: Uint8Array;
  /** K_header: authenticates the header. */
  readonly headerKey: Uint8Array;
  /** K_worker: makes the one-time secrets of workers. */
  readonly workerSecretKey: Uint8Array;
  /** K_sign: the seed of the key that signs checkpoints of the ledger. */
  readonly ledgerSigningSeed: Uint8Array;
  /** K_read: opens the sealed records of the ledger. */
  readonly ledgerReadKey: Uint8Array;
  /** K_tags: what the keys of tags in a cloud are derived from. */
  readonly tagSecret: Uint8Array;
}

/** Derives all of them with HKDF-SHA-256: salt = repository id, one info label each. */
export function deriveRepositoryKeys(
  masterKey: Uint8Array,
  repositoryId: RepositoryId,
): RepositoryKeys {
  const salt = uuidToBytes(repositoryId);
  const derive = (label: string): Uint8Array =>
    new Uint8Array(
      hkdfSync('sha256', masterKey, salt, `snapledger/strata/1/${label}`, keySizeBytes),
    );
  return {
    repositoryId,
    repositoryIdBytes: salt,
    blockIdKey: derive('block-id'),
    nodeIdKey: derive('node-id'),
    sessionWrapKey: derive('session-wrap'),
    manifestKey: derive('manifest'),
    headerKey: derive('header'),
    workerSecretKey: derive('worker-secret'),
    ledgerSigningSeed: derive('ledger-signing'),
    ledgerReadKey: derive('ledger-read'),
    tagSecret: derive('cloud-tags'),
  };
}
