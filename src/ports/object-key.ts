import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { type ObjectKey, objectStoreLimits } from './object-store.ts';

const segmentPattern = /^[A-Za-z0-9._-]+$/;

/** True for what may stand between two slashes of an object key. */
export function isObjectKeySegment(text: string): boolean {
  return (
    segmentPattern.test(text) &&
    text !== '.' &&
    text !== '..' &&
    text.length <= objectStoreLimits.segmentMaxLength
  );
}

/** True for a text that is an object key by the rule of {@link ObjectKey}. */
export function isObjectKey(text: string): text is ObjectKey {
  return text.length <= objectStoreLimits.keyMaxLength && text.split('/').every(isObjectKeySegment);
}

/**
 * Holds a key against the rule of {@link ObjectKey}. Every store calls this first in every
 * method: the brand promises it, but a cast can lie, and a lie here would be a path traversal.
 *
 * @throws OBJECT_KEY_INVALID
 */
export function assertObjectKey(text: string): asserts text is ObjectKey {
  if (isObjectKey(text)) return;
  const shown = JSON.stringify(text.slice(0, objectStoreLimits.keyMaxLength));
  throw new SnapledgerError('OBJECT_KEY_INVALID', `${shown} cannot be the key of an object`, {
    remedy:
      'Use segments of A-Z a-z 0-9 . _ - joined by "/", none empty, "." or "..", ' +
      `each of ${objectStoreLimits.segmentMaxLength} characters at most, ` +
      `${objectStoreLimits.keyMaxLength} in all`,
  });
}
