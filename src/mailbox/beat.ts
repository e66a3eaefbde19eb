import type { ObjectKey } from '../ports/object-store.ts';
import { mailboxPrefix, type MailboxAddress } from './mailbox-address.ts';
import { mailboxRejected } from './mailbox-rejected.ts';

/**
 * All that a beat says is that it was posted: the progress of a transfer is in its segments. A
 * beat proves nothing, so the worst that a forged one does is to let the engine wait longer.
 */
export const beatMessage: Uint8Array = Buffer.from('beat\n', 'latin1');

const numberPattern = /^[0-9]{8}$/;

/** What the keys of all beats of a mailbox begin with. */
export function beatPrefix(address: MailboxAddress): string {
  return `${mailboxPrefix(address)}beat-`;
}

/** Beats are numbered from 1. */
export function beatKey(address: MailboxAddress, beat: number): ObjectKey {
  return `${beatPrefix(address)}${String(beat).padStart(8, '0')}` as ObjectKey;
}

/** @throws MAILBOX_REJECTED when the key is not one that `beatKey` makes. */
export function beatOfKey(address: MailboxAddress, key: ObjectKey): number {
  const digits = key.slice(beatPrefix(address).length);
  if (!numberPattern.test(digits)) throw mailboxRejected(key, 'its name is not that of a beat');
  return Number(digits);
}
