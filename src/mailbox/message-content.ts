import { Packr } from 'msgpackr';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { mailboxRejected } from './mailbox-rejected.ts';

/** Plain maps, no shared structures: a message must be readable by itself. */
const packr = new Packr({ useRecords: false });

/**
 * The msgpack of what a sealed message says.
 *
 * @param what names the message, for the error
 * @throws LIMIT_EXCEEDED when it is larger than `maxBytes`.
 */
export function packContent(content: object, what: string, maxBytes: number): Uint8Array {
  const bytes = packr.pack(content);
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new SnapledgerError(
    'LIMIT_EXCEEDED',
    `${what} takes ${bytes.byteLength} bytes; the mailbox holds ${maxBytes}`,
    { remedy: 'Back up fewer volumes of the instance in one session.' },
  );
}

/** @throws MAILBOX_REJECTED when it is not msgpack. */
export function unpackContent(bytes: Uint8Array, where: string): unknown {
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw mailboxRejected(where, 'its content is not msgpack', cause);
  }
}
