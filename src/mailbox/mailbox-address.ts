import { assert } from '../domain/errors/assert.ts';
import type { SessionId } from '../domain/identifiers.ts';
import type { ObjectKey } from '../ports/object-store.ts';
import { mailboxLimits } from './mailbox-limits.ts';

/**
 * Which mailbox: every attempt to run a session's worker has its own, so that a worker that was
 * given up can neither read nor answer what is meant for its successor.
 */
export interface MailboxAddress {
  readonly sessionId: SessionId;
  /** From 0 to 9,999. */
  readonly attempt: number;
}

/** What lies in a mailbox besides the beats. */
export type MailboxObject = 'hello' | 'job' | 'done';

/** `control/<session>/a<attempt>/`: what the keys of all objects of this mailbox begin with. */
export function mailboxPrefix({ sessionId, attempt }: MailboxAddress): string {
  assert(
    Number.isInteger(attempt) && attempt >= 0 && attempt <= mailboxLimits.attemptMax,
    'an attempt is a number of at most four digits',
  );
  return `control/${sessionId}/a${String(attempt).padStart(4, '0')}/`;
}

export function mailboxObjectKey(address: MailboxAddress, name: MailboxObject): ObjectKey {
  return `${mailboxPrefix(address)}${name}` as ObjectKey;
}

/**
 * The purpose, session and attempt that a key or code is bound to. Without ambiguity, because
 * none of the parts can hold a zero byte.
 */
export function bindToMailbox(label: string, { sessionId, attempt }: MailboxAddress): Uint8Array {
  const parts = [label, sessionId, String(attempt)];
  assert(!parts.some((part) => part.includes('\0')), 'a label or session id holds no zero byte');
  return Buffer.from(parts.join('\0'), 'utf8');
}
