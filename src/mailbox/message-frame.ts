import { mailboxRejected } from './mailbox-rejected.ts';

/** What a message begins with: `SLM`, a letter for its kind, the version, three zero bytes. */
export type MessageMagic = 'SLMH' | 'SLMJ' | 'SLMD';

const messageVersion = 1;
export const frameLengthBytes = 8;

export function messageFrame(magic: MessageMagic): Uint8Array {
  const frame = Buffer.alloc(frameLengthBytes);
  frame.write(magic, 0, 'latin1');
  frame.writeUInt8(messageVersion, 4);
  return frame;
}

/**
 * The bytes behind the frame.
 *
 * @throws MAILBOX_REJECTED when the message is of another kind or version.
 */
export function withoutFrame(message: Uint8Array, magic: MessageMagic, where: string): Uint8Array {
  const frame = messageFrame(magic);
  if (Buffer.compare(message.subarray(0, frameLengthBytes), frame) !== 0) {
    throw mailboxRejected(where, `it is not a message "${magic}" of version ${messageVersion}`);
  }
  return message.subarray(frameLengthBytes);
}
