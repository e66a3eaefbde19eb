import type { RandomSource } from '../ports/random-source.ts';
import type { Hello, HelloCredentials } from './hello.ts';
import { mailboxObjectKey } from './mailbox-address.ts';
import { messageFrame, withoutFrame } from './message-frame.ts';
import { deriveOutcomeKey } from './message-keys.ts';
import { sealMessage, sealNonceLengthBytes, unsealMessage } from './sealed-message.ts';
import { decodeOutcome, encodeOutcome, type WorkerOutcome } from './worker-outcome.ts';

/**
 * Seals the outcome of a job for any engine of its session:
 * frame (8 bytes, `SLMD`) || nonce || ciphertext || tag.
 */
export function sealOutcome(
  { address, workerSecret }: HelloCredentials,
  hello: Pick<Hello, 'message'>,
  outcome: WorkerOutcome,
  random: RandomSource,
): Uint8Array {
  const sealed = sealMessage({
    key: deriveOutcomeKey({ address, workerSecret, hello: hello.message }),
    nonce: random.bytes(sealNonceLengthBytes),
    associated: messageFrame('SLMD'),
    content: encodeOutcome(outcome),
  });
  return Buffer.concat([messageFrame('SLMD'), sealed]);
}

/** @throws MAILBOX_REJECTED when it is not from the worker that said this hello. */
export function unsealOutcome(
  { address, workerSecret }: HelloCredentials,
  hello: Hello,
  message: Uint8Array,
): WorkerOutcome {
  const where = mailboxObjectKey(address, 'done');
  const content = unsealMessage({
    key: deriveOutcomeKey({ address, workerSecret, hello: hello.message }),
    associated: messageFrame('SLMD'),
    sealed: withoutFrame(message, 'SLMD', where),
    where,
  });
  return decodeOutcome(content, where);
}
