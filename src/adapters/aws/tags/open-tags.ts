import { inflateRawSync } from 'node:zlib';
import { decodeDescription } from './description-codec.ts';
import { DescriptionError } from './description-fields.ts';
import { groupIdOf, type ResourceDescription } from './resource-description.ts';
import { fixedTagCount, type Tag } from './seal-tags.ts';
import { decodeHead, type TagHead } from './tag-head.ts';
import type { TagKeys } from './tag-keys.ts';
import { openTagName, sealTagName, tagNamePrefix, type TagName } from './tag-name.ts';
import { textOfBytes } from './tag-text.ts';
import { openTagValue } from './tag-value.ts';

/** What the tags of a resource amount to. */
export type OpenedTags =
  /** None of them was made under these keys. */
  | { readonly kind: 'not-ours'; readonly foreignNames: readonly string[] }
  | {
      readonly kind: 'authentic';
      readonly resource: ResourceDescription;
      /** Equal on what one request has made, and on nothing else. */
      readonly requestId: string;
      /** Names that look like ours and are not: of another repository, or changed. */
      readonly foreignNames: readonly string[];
    }
  /** Some were made under these keys, but not as they are here: nothing of them may be believed. */
  | { readonly kind: 'untrusted'; readonly reason: string };

/** The description that a resource's tags carry, if every one of them is what was written. */
export function openTags(keys: TagKeys, tags: readonly Tag[]): OpenedTags {
  const ours = new Map<string, { readonly name: TagName; readonly value: string }>();
  const foreignNames: string[] = [];
  for (const { name: text, value } of tags) {
    const name = openTagName(keys, text);
    if (name !== null) ours.set(text, { name, value });
    else if (text.startsWith(tagNamePrefix)) foreignNames.push(text);
  }
  if (ours.size === 0) return { kind: 'not-ours', foreignNames };
  try {
    const { head, headText } = openHead(keys, ours);
    const resource = openDescription(keys, ours, head, headText);
    requireExactly(keys, ours, resource, { ...head, headText });
    const requestId = textOfBytes(head.requestNonce);
    return { kind: 'authentic', resource, requestId, foreignNames };
  } catch (error) {
    if (!(error instanceof DescriptionError)) throw error;
    return { kind: 'untrusted', reason: error.message };
  }
}

type OurTags = ReadonlyMap<string, { readonly name: TagName; readonly value: string }>;

function openHead(
  keys: TagKeys,
  ours: OurTags,
): { readonly head: TagHead; readonly headText: string } {
  const name = sealTagName(keys, { kind: 'mark' });
  const mark = ours.get(name);
  if (mark === undefined) throw new DescriptionError('the mark is missing');
  const plain = openTagValue(keys, { name, head: null }, mark.value);
  if (plain === null) throw new DescriptionError('the value of the mark was changed');
  const head = decodeHead(plain);
  if (head === null) throw new DescriptionError('the mark is of another version');
  return { head, headText: mark.value };
}

function openDescription(
  keys: TagKeys,
  ours: OurTags,
  head: TagHead,
  headText: string,
): ResourceDescription {
  const parts: Uint8Array[] = [];
  for (let index = 0; index < head.partCount; index += 1) {
    const name = sealTagName(keys, { kind: 'part', index });
    parts.push(openBound(keys, ours, { name, head: headText }, `part ${index}`));
  }
  const stored = Buffer.concat(parts);
  if (stored.length !== head.storedBytes) throw new DescriptionError('the description is cut off');
  const plain = head.compression === 'none' ? stored : inflate(stored, head.plainBytes);
  if (plain.length !== head.plainBytes) throw new DescriptionError('the description is cut off');
  return decodeDescription(head.kind, plain);
}

/** Nothing is missing, and nothing is there that belongs to another resource. */
function requireExactly(
  keys: TagKeys,
  ours: OurTags,
  resource: ResourceDescription,
  { groupId, partCount, headText }: TagHead & { readonly headText: string },
): void {
  const { sessionId, instanceId } = resource.owner;
  const head = headText;
  const session = sealTagName(keys, { kind: 'session', sessionId });
  const instance = sealTagName(keys, { kind: 'instance', instanceId });
  openBound(keys, ours, { name: session, head }, 'the tag of the session');
  openBound(keys, ours, { name: instance, head }, 'the tag of the instance');
  if (ours.size !== fixedTagCount + partCount) {
    throw new DescriptionError('there are tags of another resource');
  }
  if (groupIdOf(resource) !== groupId) throw new DescriptionError('the set is another one');
}

function openBound(
  keys: TagKeys,
  ours: OurTags,
  binding: { readonly name: string; readonly head: string },
  what: string,
): Uint8Array {
  const tag = ours.get(binding.name);
  if (tag === undefined) throw new DescriptionError(`${what} is missing`);
  const plain = openTagValue(keys, binding, tag.value);
  if (plain === null) throw new DescriptionError(`${what} was changed, or is of another resource`);
  return plain;
}

function inflate(stored: Uint8Array, plainBytes: number): Uint8Array {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(1, plainBytes) });
  } catch (cause) {
    throw new DescriptionError('the description cannot be decompressed', { cause });
  }
}
