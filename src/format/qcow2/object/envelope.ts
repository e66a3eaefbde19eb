import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomSource } from '../../../ports/random-source.ts';
import { corrupt } from './refusals.ts';
import type { Protection } from './protection.ts';
import { seal, unseal } from './seal.ts';

/** Binds what an object says to its name, in one repository. */
export interface Envelope {
  wrap(objectKey: string, content: Uint8Array): Uint8Array;
  /** @throws OBJECT_CORRUPT for what was not wrapped with this key, for this name */
  unwrap(objectKey: string, bytes: Uint8Array): Uint8Array;
}

export interface EnvelopeKey {
  readonly protection: Protection;
  readonly key: Uint8Array;
  readonly repositoryId: string;
}

const macSizeBytes = 32;

/** `sealed`: AES-256-GCM. `plain`: the content, and the HMAC-SHA-256 of it behind. */
export function createEnvelope(
  { protection, key, repositoryId }: EnvelopeKey,
  random: RandomSource,
): Envelope {
  const bindingOf = (objectKey: string): string =>
    `snapledger/qcow2/1/${repositoryId}/${objectKey}`;
  const refuse = (objectKey: string): Error => corrupt(objectKey, 'it is not authentic');
  if (protection === 'sealed') {
    return {
      wrap: (objectKey, content) => seal(key, bindingOf(objectKey), content, random),
      unwrap: (objectKey, bytes) => {
        const content = unseal(key, bindingOf(objectKey), bytes);
        if (content === null) throw refuse(objectKey);
        return content;
      },
    };
  }
  const macOf = (objectKey: string, content: Uint8Array): Uint8Array =>
    createHmac('sha256', key)
      .update(`${bindingOf(objectKey)}\0`)
      .update(content)
      .digest();
  return {
    wrap: (objectKey, content) => Buffer.concat([content, macOf(objectKey, content)]),
    unwrap: (objectKey, bytes) => {
      if (bytes.length < macSizeBytes) throw refuse(objectKey);
      const end = bytes.length - macSizeBytes;
      const content = bytes.subarray(0, end);
      const isAuthentic = timingSafeEqual(macOf(objectKey, content), bytes.subarray(end));
      if (!isAuthentic) throw refuse(objectKey);
      return content;
    },
  };
}
