import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import { type ByteRange, type ObjectKey, objectStoreLimits } from './object-store.ts';

// The errors of the port, the same words from every store.

export function objectExists(key: ObjectKey): SnapledgerError {
  return new SnapledgerError('OBJECT_EXISTS', `the object "${key}" exists already`, {
    remedy: 'Objects are written once: read the one that is there.',
    details: { key },
  });
}

export function objectNotFound(key: ObjectKey): SnapledgerError {
  return new SnapledgerError('OBJECT_NOT_FOUND', `there is no object "${key}"`, {
    remedy:
      "Check that nothing was removed by hand; 'snapledger verify' shows which points miss something.",
    details: { key },
  });
}

export function objectRange(key: ObjectKey, range: ByteRange, sizeBytes: number): SnapledgerError {
  return new SnapledgerError(
    'OBJECT_RANGE',
    `the object "${key}" has ${sizeBytes} bytes and ends before byte ` +
      `${range.offset + range.lengthBytes}, which was asked for`,
    {
      remedy: "It may have been cut short: 'snapledger verify' shows which points are hurt.",
      details: { key, sizeBytes, offset: range.offset, lengthBytes: range.lengthBytes },
    },
  );
}

export function objectTooLarge(key: ObjectKey, sizeBytes: number): SnapledgerError {
  return new SnapledgerError(
    'LIMIT_EXCEEDED',
    `the object "${key}" has ${sizeBytes} bytes, ` +
      `more than the ${objectStoreLimits.objectMaxBytes} that an object may have`,
    { remedy: 'Split it into several objects.', details: { key, sizeBytes } },
  );
}

/** For a store in which a key cannot be a folder of other keys at the same time. */
export function objectKeyIsFolder(key: ObjectKey): SnapledgerError {
  return new SnapledgerError(
    'OBJECT_KEY_INVALID',
    `the key "${key}" is a folder of other objects, or an object is where its folder would be`,
    { remedy: 'Use keys of which none is another one up to a "/".', details: { key } },
  );
}

/** Of an object that nobody can remove before `until`. */
export function objectHeld(key: ObjectKey, until: TimestampMs, cause?: unknown): SnapledgerError {
  const date = new Date(until).toISOString();
  return new SnapledgerError('OBJECT_HELD', `the object "${key}" is held until ${date}`, {
    cause,
    remedy: 'Nothing is to be done: it can be removed from then on.',
    details: { key, heldUntil: until },
  });
}
