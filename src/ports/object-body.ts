import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { objectTooLarge } from './object-store-errors.ts';
import { type ByteRange, type ObjectKey, objectStoreLimits } from './object-store.ts';

/** What `create` was given, in one shape. */
export interface ObjectBody {
  /** None of them empty. */
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
}

/** @throws LIMIT_EXCEEDED when the parts are more than one object may have. */
export function objectBodyOf(key: ObjectKey, body: Uint8Array | readonly Uint8Array[]): ObjectBody {
  const given = body instanceof Uint8Array ? [body] : body;
  const parts = given.filter((part) => part.byteLength > 0);
  const sizeBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  if (sizeBytes > objectStoreLimits.objectMaxBytes) throw objectTooLarge(key, sizeBytes);
  return { parts, sizeBytes };
}

/** @throws INVALID_ARGUMENT unless both numbers of the range are whole and none is negative. */
export function assertByteRange(range: ByteRange): void {
  const { offset, lengthBytes } = range;
  if (Number.isSafeInteger(offset + lengthBytes) && offset >= 0 && lengthBytes >= 0) {
    if (Number.isInteger(offset)) return;
  }
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `a range of ${lengthBytes} bytes from ${offset} on is no range of bytes`,
    { remedy: 'Give an offset and a length that are whole numbers, neither negative.' },
  );
}
