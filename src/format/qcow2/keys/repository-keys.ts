import { hkdfSync } from 'node:crypto';
import type { RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import { hmacSha256 } from '../../keys/hmac-sha256.ts';
import { keySizeBytes } from '../../keys/key-size.ts';

/** The keys under a repository's master key. Held by engines and readers, never by a worker. */
export interface RepositoryKeys {
  /** Of everything but what sessions write while they run. */
  readonly envelopeKey: Uint8Array;
  /** Those of sessions are made of it. */
  readonly sessionsKey: Uint8Array;
  readonly workerSecretKey: Uint8Array;
  readonly ledgerSigningSeed: Uint8Array;
  readonly ledgerReadKey: Uint8Array;
  readonly tagSecret: Uint8Array;
}

/** HKDF-SHA-256 of the master key: salt = the repository's id, one info label for each purpose. */
export function deriveKey(
  masterKey: Uint8Array,
  repositoryId: RepositoryId,
  label: string,
): Uint8Array {
  const info = `snapledger/qcow2/1/${label}`;
  return new Uint8Array(hkdfSync('sha256', masterKey, repositoryId, info, keySizeBytes));
}

export function deriveRepositoryKeys(
  masterKey: Uint8Array,
  repositoryId: RepositoryId,
): RepositoryKeys {
  const derive = (label: string): Uint8Array => deriveKey(masterKey, repositoryId, label);
  return {
    envelopeKey: derive('envelope'),
    sessionsKey: derive('sessions'),
    workerSecretKey: derive('worker-secret'),
    ledgerSigningSeed: derive('ledger-signing'),
    ledgerReadKey: derive('ledger-read'),
    tagSecret: derive('cloud-tags'),
  };
}

/** All that a worker gets: it opens what this session has written, and nothing else. */
export function sessionKeyOf({ sessionsKey }: RepositoryKeys, sessionId: SessionId): Uint8Array {
  return hmacSha256(sessionsKey, sessionId);
}

/** The keys below that of a session. */
export function controlKeyOf(sessionKey: Uint8Array): Uint8Array {
  return hmacSha256(sessionKey, 'snapledger/qcow2/1/control');
}

export function recordKeyOf(sessionKey: Uint8Array): Uint8Array {
  return hmacSha256(sessionKey, 'snapledger/qcow2/1/records');
}

/** Overwrites all of them. */
export function eraseKeys(keys: RepositoryKeys): void {
  for (const key of Object.values(keys) as readonly Uint8Array[]) key.fill(0);
}
