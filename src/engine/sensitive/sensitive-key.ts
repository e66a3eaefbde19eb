import { createHmac } from 'node:crypto';
import type { Repository } from '../../format/repository.ts';
import { lengthPrefixed } from '../ledger/length-prefixed.ts';

/** What one subject's sensitive values are sealed with; docs/ledger.md, "Sensitive fields". */
export interface SensitiveKey {
  /** 16 hex digits. Stands with each value, so that one whose key is gone is known as that. */
  readonly id: string;
  readonly encryptionKey: Uint8Array;
  readonly nonceKey: Uint8Array;
}

export const sensitiveSecretSizeBytes = 32;

const labels = {
  id: 'snapledger/ledger/1/sensitive/key-id',
  encryption: 'snapledger/ledger/1/sensitive/encryption',
  nonce: 'snapledger/ledger/1/sensitive/nonce',
  wrapping: 'snapledger/ledger/1/sensitive/wrapping',
} as const;

const idSizeBytes = 8;

/** @param secret 32 random bytes */
export function sensitiveKeyOf(secret: Uint8Array): SensitiveKey {
  const id = derived(secret, labels.id).subarray(0, idSizeBytes);
  return {
    id: Buffer.from(id).toString('hex'),
    encryptionKey: derived(secret, labels.encryption),
    nonceKey: derived(secret, labels.nonce),
  };
}

/** What the secrets of all subjects of a repository are sealed with: 32 bytes. */
export async function sensitiveWrappingKeyOf(
  repository: Pick<Repository, 'deriveLedgerKeys'>,
): Promise<Uint8Array> {
  const { signingSeed, readKey } = await repository.deriveLedgerKeys();
  signingSeed.fill(0);
  return sensitiveWrappingKeyFrom(readKey);
}

/** The same of the key that reads the sealed ledger. */
export function sensitiveWrappingKeyFrom(readKey: Uint8Array): Uint8Array {
  return derived(readKey, labels.wrapping);
}

function derived(secret: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(
    createHmac('sha256', secret)
      .update(lengthPrefixed([label]))
      .digest(),
  );
}
