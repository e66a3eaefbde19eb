import type { RandomSource } from '../ports/random-source.ts';
import type { Hello, HelloCredentials } from './hello.ts';
import {
  agreeOnSecret,
  createKeyPair,
  publicKeyLengthBytes,
  type KeyPair,
} from './key-agreement.ts';
import { mailboxObjectKey } from './mailbox-address.ts';
import { mailboxRejected } from './mailbox-rejected.ts';
import { messageFrame, withoutFrame } from './message-frame.ts';
import { deriveJobKey } from './message-keys.ts';
import { sealMessage, sealNonceLengthBytes, unsealMessage } from './sealed-message.ts';
import { decodeJob, encodeJob, type WorkerJob } from './worker-job.ts';

/**
 * Seals a job to the worker that said hello:
 * frame (8 bytes, `SLMJ`) || engine's public key (32) || nonce || ciphertext || tag.
 *
 * The engine's key pair is made for this one message and forgotten.
 *
 * @throws LIMIT_EXCEEDED, MAILBOX_REJECTED
 */
export function sealJob(
  credentials: HelloCredentials,
  hello: Hello,
  job: WorkerJob,
  random: RandomSource,
): Uint8Array {
  const { address, workerSecret } = credentials;
  const own = createKeyPair(random);
  const key = deriveJobKey({
    address,
    agreedSecret: agreeOnSecret(own, hello.publicKey, mailboxObjectKey(address, 'hello')),
    workerSecret,
    enginePublicKey: own.publicKey,
    workerPublicKey: hello.publicKey,
  });
  const sealed = sealMessage({
    key,
    nonce: random.bytes(sealNonceLengthBytes),
    associated: messageFrame('SLMJ'),
    content: encodeJob(job),
  });
  return Buffer.concat([messageFrame('SLMJ'), own.publicKey, sealed]);
}

/** @throws MAILBOX_REJECTED when no engine of this session sealed it, or not for this worker. */
export function unsealJob(
  { address, workerSecret }: HelloCredentials,
  own: KeyPair,
  message: Uint8Array,
): WorkerJob {
  const where = mailboxObjectKey(address, 'job');
  const body = withoutFrame(message, 'SLMJ', where);
  if (body.byteLength < publicKeyLengthBytes) throw mailboxRejected(where, 'it is too short');
  const enginePublicKey = body.subarray(0, publicKeyLengthBytes);
  const key = deriveJobKey({
    address,
    agreedSecret: agreeOnSecret(own, enginePublicKey, where),
    workerSecret,
    enginePublicKey,
    workerPublicKey: own.publicKey,
  });
  const sealed = body.subarray(publicKeyLengthBytes);
  const content = unsealMessage({ key, associated: messageFrame('SLMJ'), sealed, where });
  return decodeJob(content, where);
}
