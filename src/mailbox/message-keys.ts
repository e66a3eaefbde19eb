import { hash, hkdfSync } from 'node:crypto';
import { bindToMailbox, type MailboxAddress } from './mailbox-address.ts';

const keyLengthBytes = 32;
const jobLabel = 'snapledger/mailbox/1/job';
const outcomeLabel = 'snapledger/mailbox/1/outcome';

export interface JobKeyParts {
  readonly address: MailboxAddress;
  /** What the X25519 keys of worker and engine agree on. */
  readonly agreedSecret: Uint8Array;
  readonly workerSecret: Uint8Array;
  readonly enginePublicKey: Uint8Array;
  readonly workerPublicKey: Uint8Array;
}

/**
 * The key that seals a job. The agreed secret keeps it from everybody but the worker that said
 * hello, also from who has read the user data. The worker secret proves that the engine wrote it:
 * the public keys lie in the store, and who can write there could otherwise give the worker a
 * grant of his own making and read what it stores.
 */
export function deriveJobKey(parts: JobKeyParts): Uint8Array {
  const { address, agreedSecret, workerSecret, enginePublicKey, workerPublicKey } = parts;
  const salt = Buffer.concat([enginePublicKey, workerPublicKey]);
  const secret = Buffer.concat([agreedSecret, workerSecret]);
  const key = hkdfSync('sha256', secret, salt, bindToMailbox(jobLabel, address), keyLengthBytes);
  return new Uint8Array(key);
}

export interface OutcomeKeyParts {
  readonly address: MailboxAddress;
  readonly workerSecret: Uint8Array;
  /** The whole hello as it lies in the store. */
  readonly hello: Uint8Array;
}

/**
 * The key that seals an outcome. The engine that posted the job may have died and taken its
 * private key along, so this one comes from what every engine of the session has: the worker
 * secret and the hello. It protects no data, only the truth of the report.
 */
export function deriveOutcomeKey({ address, workerSecret, hello }: OutcomeKeyParts): Uint8Array {
  const salt = hash('sha256', hello, 'buffer');
  const info = bindToMailbox(outcomeLabel, address);
  return new Uint8Array(hkdfSync('sha256', workerSecret, salt, info, keyLengthBytes));
}
