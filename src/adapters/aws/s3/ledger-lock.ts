import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { ObjectKey } from '../../../ports/object-store.ts';
import type { S3Connection } from './s3-connection.ts';

/**
 * What proves the record, and what opens it for auditors. Not the secrets of sensitive fields, which have to
 * be destroyed when they are to be forgotten; and not the marks, which prove nothing. docs/ledger.md, "Objects".
 */
const lockedPrefixes: readonly string[] = ['ledger/log/', 'ledger/subjects/'];

const dayMs = 24 * 60 * 60 * 1000;

/** What a request to write says of the lock that the object is put under; nothing: it is under none. */
export type ObjectLock = Pick<
  PutObjectCommandInput,
  'ObjectLockMode' | 'ObjectLockRetainUntilDate'
>;

/** The lock of an object with this key, where the ledger is locked. */
export function ledgerLockOf(
  { location: { ledgerLockDays }, clock }: Pick<S3Connection, 'location' | 'clock'>,
  key: ObjectKey,
): ObjectLock {
  const isLocked = lockedPrefixes.some((prefix) => key.startsWith(prefix));
  if (ledgerLockDays === undefined || !isLocked) return {};
  return lockedUntil(clock.now() + ledgerLockDays * dayMs);
}

/** In governance mode whoever has the permission could lift it. */
export function lockedUntil(untilMs: number): ObjectLock {
  return { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(untilMs) };
}
