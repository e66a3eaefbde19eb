import { createHmac, timingSafeEqual } from 'node:crypto';
import { publicKeyLengthBytes } from './key-agreement.ts';
import { bindToMailbox, mailboxObjectKey, type MailboxAddress } from './mailbox-address.ts';
import { mailboxRejected } from './mailbox-rejected.ts';
import { frameLengthBytes, messageFrame, withoutFrame } from './message-frame.ts';

const helloLabel = 'snapledger/mailbox/1/hello';
const macLengthBytes = 32;

/** Frame (8 bytes, `SLMH`) || public key (32) || HMAC-SHA-256 (32). */
export const helloLengthBytes = frameLengthBytes + publicKeyLengthBytes + macLengthBytes;

/** Who may say hello: whoever knows the secret of this attempt. */
export interface HelloCredentials {
  readonly address: MailboxAddress;
  readonly workerSecret: Uint8Array;
}

/** A hello whose author knew the worker secret of its attempt. */
export interface Hello {
  /** The worker's X25519 key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The whole message, which the outcome's key is bound to. */
  readonly message: Uint8Array;
}

export function encodeHello(credentials: HelloCredentials, publicKey: Uint8Array): Uint8Array {
  return Buffer.concat([messageFrame('SLMH'), publicKey, helloMac(credentials, publicKey)]);
}

/** @throws MAILBOX_REJECTED when its author does not know the secret, or it is for another attempt. */
export function decodeHello(credentials: HelloCredentials, message: Uint8Array): Hello {
  const where = mailboxObjectKey(credentials.address, 'hello');
  const body = withoutFrame(message, 'SLMH', where);
  if (message.byteLength !== helloLengthBytes) throw mailboxRejected(where, 'its length is wrong');
  const publicKey = body.subarray(0, publicKeyLengthBytes);
  const mac = body.subarray(publicKeyLengthBytes);
  if (!timingSafeEqual(mac, helloMac(credentials, publicKey))) {
    throw mailboxRejected(where, 'whoever posted it is not the worker of this attempt');
  }
  return { publicKey, message };
}

function helloMac(credentials: HelloCredentials, publicKey: Uint8Array): Uint8Array {
  return createHmac('sha256', credentials.workerSecret)
    .update(bindToMailbox(helloLabel, credentials.address))
    .update('\0')
    .update(publicKey)
    .digest();
}
