import { deflateRawSync } from 'node:zlib';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { encodeDescription } from './description-codec.ts';
import { groupIdOf, type ResourceDescription } from './resource-description.ts';
import { type Compression, encodeHead } from './tag-head.ts';
import type { TagKeys } from './tag-keys.ts';
import { partMaxBytes, tagLimits } from './tag-limits.ts';
import { sealTagName } from './tag-name.ts';
import { bytesOfUuid } from './tag-uuid.ts';
import { sealTagValue } from './tag-value.ts';

/** A tag as it stands on a resource. */
export interface Tag {
  readonly name: string;
  readonly value: string;
}

export interface SealOptions {
  /**
   * 16 bytes that no other request has: random ones, or such as are derived from the token of a
   * request that may be repeated, which must then have the same tags again.
   */
  readonly requestNonce: Uint8Array;
  /** How many tags there may be; what the user's own tags leave of EC2's 50. */
  readonly tagsMax: number;
}

/** On every resource, besides the parts: mark, session and instance. */
export const fixedTagCount = 3;

/**
 * The tags that describe a resource, for the request that makes it.
 *
 * @throws INVALID_ARGUMENT for ids that cannot be in a tag
 * @throws LIMIT_EXCEEDED when the description needs more tags than there may be
 */
export function sealTags(
  keys: TagKeys,
  resource: ResourceDescription,
  { requestNonce, tagsMax }: SealOptions,
): readonly Tag[] {
  const plain = encodeDescription(resource);
  const { compression, stored } = compress(plain);
  const partCount = Math.ceil(stored.length / partMaxBytes);
  if (fixedTagCount + partCount > tagsMax || plain.length > tagLimits.descriptionMaxBytes) {
    throw tooLarge(resource, fixedTagCount + partCount, tagsMax);
  }
  const markName = sealTagName(keys, { kind: 'mark' });
  const headBytes = encodeHead(
    {
      kind: resource.kind,
      groupId: groupIdOf(resource),
      requestNonce,
      partCount,
      compression,
      storedBytes: stored.length,
      plainBytes: plain.length,
    },
    requireUuid(groupIdOf(resource)),
  );
  const head = sealTagValue(keys, { name: markName, head: null }, headBytes);
  const tags: Tag[] = [{ name: markName, value: head }];
  const add = (name: string, content: Uint8Array): void => {
    tags.push({ name, value: sealTagValue(keys, { name, head }, content) });
  };
  const { sessionId, instanceId } = resource.owner;
  add(sealTagName(keys, { kind: 'session', sessionId }), new Uint8Array());
  add(sealTagName(keys, { kind: 'instance', instanceId }), new Uint8Array());
  for (let index = 0; index < partCount; index += 1) {
    const part = stored.subarray(index * partMaxBytes, (index + 1) * partMaxBytes);
    add(sealTagName(keys, { kind: 'part', index }), part);
  }
  return tags;
}

function compress(plain: Uint8Array): {
  readonly compression: Compression;
  readonly stored: Uint8Array;
} {
  // What fits is left as it is: a repeated request must be the same, whatever version of zlib.
  if (plain.length <= partMaxBytes) return { compression: 'none', stored: plain };
  const deflated = deflateRawSync(plain, { level: 9 });
  return deflated.length < plain.length
    ? { compression: 'deflate', stored: deflated }
    : { compression: 'none', stored: plain };
}

function requireUuid(id: string): Uint8Array {
  const bytes = bytesOfUuid(id);
  if (bytes !== null) return bytes;
  throw new SnapledgerError('INVALID_ARGUMENT', `"${id}" is not a UUID in lower case`, {
    remedy: 'Give the id of the set as the engine made it.',
  });
}

function tooLarge(
  { kind, owner }: ResourceDescription,
  tagsNeeded: number,
  tagsMax: number,
): SnapledgerError {
  return new SnapledgerError(
    'LIMIT_EXCEEDED',
    `describing a ${kind} of ${owner.instanceId} takes ${tagsNeeded} tags, and there may be ${tagsMax}`,
    {
      remedy: 'Do not copy tags of the user, or have fewer of them on the instance.',
      details: { tagsNeeded, tagsMax },
    },
  );
}
