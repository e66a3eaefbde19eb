import { hkdfSync } from 'node:crypto';
import { assert } from '../../../domain/errors/assert.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import { keySizeBytes } from '../../keys/key-size.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';

export { keySizeBytes };

/** The keys under a repository's master keys. Held by engines and readers, never by a worker. */
export interface RepositoryKeys {
  readonly repositoryId: RepositoryId;
  readonly repositoryIdBytes: Uint8Array;
  /** K_id: makes block ids. The only one of these that a worker gets. */
  readonly blockIdKey: Uint8Array;
  /** K_node: makes the ids of map nodes. */
  readonly nodeIdKey: Uint8Array;
  /** K_header: authenticates the header. */
  readonly headerKey: Uint8Array;
  /** K_sign: the seed of the key that signs checkpoints of the ledger. */
  readonly ledgerSigningSeed: Uint8Array;
  /** K_read: opens the sealed records of the ledger. */
  readonly ledgerReadKey: Uint8Array;
  /** K_tags: what the keys of tags in a cloud are derived from. */
  readonly tagSecret: Uint8Array;
  /** What each master key gives, by its epoch. What is new goes under the last one. */
  readonly epochs: readonly EpochKeys[];
  /** The slot table that gave the master keys; 0 for the slots in the header. */
  readonly slotTableNumber: number;
}

/** The keys that a rotation of the master key replaces for all that comes after it. */
export interface EpochKeys {
  /** K_wrap: seals the data keys of sessions. */
  readonly sessionWrapKey: Uint8Array;
  /** K_manifest: seals manifests and tombstones. */
  readonly manifestKey: Uint8Array;
  /** K_worker: makes the one-time secrets of workers. */
  readonly workerSecretKey: Uint8Array;
  /** K_table: authenticates tables of key slots. */
  readonly slotTableKey: Uint8Array;
}

/** HKDF-SHA-256 of a master key: salt = repository id, one info label for each purpose. */
export function deriveFromMasterKey(
  masterKey: Uint8Array,
  repositoryIdBytes: Uint8Array,
  label: string,
): Uint8Array {
  const info = `snapledger/strata/1/${label}`;
  return new Uint8Array(hkdfSync('sha256', masterKey, repositoryIdBytes, info, keySizeBytes));
}

/**
 * Derives all of them. What has to stay the same for the life of a repository (names of blocks, the
 * ledger, tags) comes from the first master key.
 *
 * @param masterKeys all master keys, by their epoch
 */
export function deriveRepositoryKeys(
  masterKeys: readonly Uint8Array[],
  repositoryId: RepositoryId,
  slotTableNumber: number,
): RepositoryKeys {
  const repositoryIdBytes = uuidToBytes(repositoryId);
  const [first] = masterKeys;
  assert(first !== undefined, 'a repository has a master key');
  const derive = (label: string): Uint8Array =>
    deriveFromMasterKey(first, repositoryIdBytes, label);
  return {
    repositoryId,
    repositoryIdBytes,
    blockIdKey: derive('block-id'),
    nodeIdKey: derive('node-id'),
    headerKey: derive('header'),
    ledgerSigningSeed: derive('ledger-signing'),
    ledgerReadKey: derive('ledger-read'),
    tagSecret: derive('cloud-tags'),
    epochs: masterKeys.map((masterKey) => deriveEpochKeys(masterKey, repositoryIdBytes)),
    slotTableNumber,
  };
}

function deriveEpochKeys(masterKey: Uint8Array, repositoryIdBytes: Uint8Array): EpochKeys {
  const derive = (label: string): Uint8Array =>
    deriveFromMasterKey(masterKey, repositoryIdBytes, label);
  return {
    sessionWrapKey: derive('session-wrap'),
    manifestKey: derive('manifest'),
    workerSecretKey: derive('worker-secret'),
    slotTableKey: derive('slot-table'),
  };
}

/** Overwrites all of them. */
export function eraseRepositoryKeys(keys: RepositoryKeys): void {
  for (const group of [keys, ...keys.epochs]) {
    for (const key of Object.values(group)) if (key instanceof Uint8Array) key.fill(0);
  }
}
