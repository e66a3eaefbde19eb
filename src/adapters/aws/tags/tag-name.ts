import { aessiv } from '@noble/ciphers/aes.js';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { unreachable } from '../../../domain/errors/unreachable.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { TagKeys } from './tag-keys.ts';
import { tagLimits } from './tag-limits.ts';
import { bytesOfText, textOfBytes } from './tag-text.ts';
import { bytesOfUuid, uuidOfBytes } from './tag-uuid.ts';

/** What the name of one of our tags says. */
export type TagName =
  /** On everything that belongs to the repository; its value is the head. */
  | { readonly kind: 'mark' }
  | { readonly kind: 'session'; readonly sessionId: SessionId }
  | { readonly kind: 'instance'; readonly instanceId: InstanceId }
  /** A part of the description, from 0. */
  | { readonly kind: 'part'; readonly index: number };

/** What every name begins with: the version of docs/aws-tags.md. */
export const tagNamePrefix = 'sl1.';

const nameKinds = { mark: 1, session: 2, instance: 3, part: 4 } as const;
const label = new TextEncoder().encode('snapledger/aws-tags/1/name');

/**
 * The name as it stands on the resource. The same name always looks the same, so that the cloud
 * can be asked for everything that carries it.
 *
 * @throws INVALID_ARGUMENT when an id cannot be part of a name
 */
export function sealTagName({ nameKey }: TagKeys, name: TagName): string {
  return tagNamePrefix + textOfBytes(aessiv(nameKey, label).encrypt(plainName(name)));
}

/** Null for a name that was not made under these keys. */
export function openTagName({ nameKey }: TagKeys, text: string): TagName | null {
  if (!text.startsWith(tagNamePrefix)) return null;
  const sealed = bytesOfText(text.slice(tagNamePrefix.length));
  if (sealed === null) return null;
  let plain: Uint8Array;
  try {
    plain = aessiv(nameKey, label).decrypt(sealed);
  } catch {
    // Nothing but the seal can fail here: the name is somebody else's, or was changed.
    return null;
  }
  return parsePlainName(plain);
}

function plainName(name: TagName): Uint8Array {
  switch (name.kind) {
    case 'mark':
      return Uint8Array.of(nameKinds.mark);
    case 'session':
      return Uint8Array.of(nameKinds.session, ...requireUuid(name.sessionId));
    case 'instance':
      return Uint8Array.of(nameKinds.instance, ...requireInstanceId(name.instanceId));
    case 'part':
      return Uint8Array.of(nameKinds.part, name.index);
    default:
      return unreachable(name);
  }
}

function parsePlainName(plain: Uint8Array): TagName | null {
  const [kind = 0] = plain;
  const rest = plain.subarray(1);
  switch (kind) {
    case nameKinds.mark:
      return rest.length === 0 ? { kind: 'mark' } : null;
    case nameKinds.session:
      return rest.length === 16
        ? { kind: 'session', sessionId: uuidOfBytes(rest) as SessionId }
        : null;
    case nameKinds.instance:
      return { kind: 'instance', instanceId: Buffer.from(rest).toString('utf8') as InstanceId };
    case nameKinds.part: {
      const [index] = rest;
      return rest.length === 1 && index !== undefined ? { kind: 'part', index } : null;
    }
    default:
      return null;
  }
}

function requireUuid(sessionId: SessionId): Uint8Array {
  const bytes = bytesOfUuid(sessionId);
  if (bytes !== null) return bytes;
  throw new SnapledgerError('INVALID_ARGUMENT', `"${sessionId}" is not a UUID in lower case`, {
    remedy: 'Give the id of a session as the engine made it.',
  });
}

function requireInstanceId(instanceId: InstanceId): Uint8Array {
  const bytes = new TextEncoder().encode(instanceId);
  if (bytes.length > 0 && bytes.length <= tagLimits.instanceIdMaxBytes) return bytes;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the id of an instance has ${bytes.length} bytes; 1 to ${tagLimits.instanceIdMaxBytes} are allowed`,
    { remedy: 'Give the id as the cloud shows it.' },
  );
}
