import { createHash } from 'node:crypto';
import { forgotten, known } from '../../../src/domain/sensitive/sensitive.ts';
import { formatPath } from '../../../src/domain/shape/shape-problem.ts';
import type { OpenSensitive, SealSensitive } from '../../../src/engine/ledger/event-codec.ts';
import { openValue, sealValue } from '../../../src/engine/sensitive/sealed-values.ts';
import { type SensitiveKey, sensitiveKeyOf } from '../../../src/engine/sensitive/sensitive-key.ts';
import type { SensitiveKeySource } from '../../../src/engine/sensitive/sensitive-keys.ts';

/** The key of a subject: always the same one. */
export function fixedSensitiveKey(subject: string): SensitiveKey {
  const secret = createHash('sha256').update(subject).digest();
  return sensitiveKeyOf(new Uint8Array(secret));
}

/** Those keys, as a ledger has them. */
export function fixedSensitiveKeys(): SensitiveKeySource {
  return {
    obtain: (subject) => Promise.resolve(fixedSensitiveKey(subject)),
    find: (subject, keyId) => {
      const key = fixedSensitiveKey(subject);
      return Promise.resolve(key.id === keyId ? key : null);
    },
  };
}

/** Seals what is sensitive in an event of this stream. */
export function sealWithFixedKey(stream: string, type: string, subject: string): SealSensitive {
  return (value, steps) =>
    sealValue(
      value,
      { stream, type, path: formatPath(steps) },
      subject,
      fixedSensitiveKey(subject),
    );
}

/** Opens it again. */
export function openWithFixedKey(stream: string, type: string): OpenSensitive {
  return (value, steps) => {
    const place = { stream, type, path: formatPath(steps) };
    const found = openValue(value, place, fixedSensitiveKey(value.subject));
    return found === null ? forgotten : known(found.opened);
  };
}
