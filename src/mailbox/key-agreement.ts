import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { assert } from '../domain/errors/assert.ts';
import type { RandomSource } from '../ports/random-source.ts';
import { mailboxRejected } from './mailbox-rejected.ts';

export const publicKeyLengthBytes = 32;
const privateKeyLengthBytes = 32;

/** What RFC 8410 puts before the 32 bytes of an X25519 key in its DER forms. */
const privateKeyDerPrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicKeyDerPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/** An X25519 key pair that lives as long as the process, in memory only. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Opaque, so that no log and no dump of an object shows it. */
  readonly privateKey: KeyObject;
}

/** Made from the given randomness rather than by OpenSSL's, so that a simulation can repeat it. */
export function createKeyPair(random: RandomSource): KeyPair {
  const seed = random.bytes(privateKeyLengthBytes);
  assert(seed.byteLength === privateKeyLengthBytes, 'a random source gives what it is asked for');
  const key = Buffer.concat([privateKeyDerPrefix, seed]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: der.subarray(publicKeyDerPrefix.byteLength), privateKey };
}

/**
 * The 32 secret bytes that only the holders of the two private keys can compute.
 *
 * @throws MAILBOX_REJECTED for the public keys that would give the same secret to everybody.
 */
export function agreeOnSecret(own: KeyPair, peerPublicKey: Uint8Array, where: string): Uint8Array {
  const key = Buffer.concat([publicKeyDerPrefix, peerPublicKey]);
  try {
    const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
    return diffieHellman({ privateKey: own.privateKey, publicKey });
  } catch (cause) {
    throw mailboxRejected(where, 'its public key is none that X25519 can use', cause);
  }
}
