import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { S3Location } from '../../../ports/object-store-location.ts';
import type { CreateOptions, ObjectKey } from '../../../ports/object-store.ts';
import type { S3Connection } from './s3-connection.ts';

/**
 * What proves the record, and what opens it for auditors. Not the secrets of sensitive fields, which have to
 * be destroyed when they are to be forgotten; and not the marks, which prove nothing. docs/ledger.md, "Objects".
 */
const ledgerPrefixes: readonly string[] = ['ledger/log/', 'ledger/subjects/'];

const dayMs = 24 * 60 * 60 * 1000;

/** What a request to write says of the lock that the object is put under; nothing: it is under none. */
export type ObjectLock = Pick<
  PutObjectCommandInput,
  'ObjectLockMode' | 'ObjectLockRetainUntilDate'
>;

/** The lock under which an object with this key is made. */
export function lockOf(
  { location, clock }: Pick<S3Connection, 'location' | 'clock'>,
  key: ObjectKey,
  { retainUntil }: CreateOptions,
): ObjectLock {
  const { lockDays, ledgerLockDays = lockDays } = location;
  const isLedger = ledgerPrefixes.some((prefix) => key.startsWith(prefix));
  if (isLedger && ledgerLockDays !== undefined) {
    return lockedUntil(location, clock.now() + ledgerLockDays * dayMs);
  }
  if (lockDays === undefined || retainUntil === undefined) return {};
  return lockedUntil(location, retainUntil);
}

export function lockedUntil(location: S3Location, untilMs: number): ObjectLock {
  return {
    ObjectLockMode: lockModeOf(location),
    ObjectLockRetainUntilDate: new Date(untilMs),
  };
}

/** In governance mode whoever has a permission of its own can lift a lock. */
export function lockModeOf({ lockMode }: S3Location): 'COMPLIANCE' | 'GOVERNANCE' {
  return lockMode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE';
}

/** As a reply has it. */
export function timeOf(date: Date | undefined): TimestampMs | null {
  return date === undefined ? null : (date.getTime() as TimestampMs);
}
