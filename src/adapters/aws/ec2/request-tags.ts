import { createHash } from 'node:crypto';
import type { ResourceType, Tag as SdkTag, TagSpecification } from '@aws-sdk/client-ec2';
import type { ResourceDescription } from '../tags/resource-description.ts';
import { sealTags, type Tag } from '../tags/seal-tags.ts';
import { nonceSizeBytes } from '../tags/tag-head.ts';
import type { TagKeys } from '../tags/tag-keys.ts';
import { tagLimits } from '../tags/tag-limits.ts';
import { textOfBytes } from '../tags/tag-text.ts';

/** The tags of a resource as a request carries them. */
export function tagSpecificationOf(
  resourceType: ResourceType,
  tags: readonly Tag[],
): TagSpecification {
  return {
    ResourceType: resourceType,
    Tags: tags.map(({ name, value }) => ({ Key: name, Value: value })),
  };
}

/** Tags as EC2 gives them back. */
export function tagsOf(tags: readonly SdkTag[] | undefined): readonly Tag[] {
  return (tags ?? []).map(({ Key = '', Value = '' }) => ({ name: Key, value: Value }));
}

/** A client token of {@link tokenRequest}, as EC2 gives it back. */
const clientTokenPattern = /^[0-9a-f]{64}$/;

/**
 * Which request a client token belongs to, as the tags name it; null for a token that is not ours.
 * EC2 keeps the token of an instance from its launch on, and nothing can set it afterwards.
 */
export function requestIdOfToken(clientToken: string | undefined): string | null {
  if (clientToken === undefined || !clientTokenPattern.test(clientToken)) return null;
  return textOfBytes(Buffer.from(clientToken, 'hex').subarray(0, nonceSizeBytes));
}

/**
 * The description of the snapshots and copies that a request makes. Who may write tags cannot write
 * it: EC2 takes it only from the request that makes the snapshot.
 */
export function requestTextOf(requestId: string): string {
  return `made by snapledger, request ${requestId}`;
}

/**
 * What a request with a client token carries. Of the caller's token only a hash is sent, because
 * EC2 takes 64 characters; the same token gives the same tags, without which EC2 would refuse the
 * repeated request.
 */
export function tokenRequest(
  keys: TagKeys,
  clientToken: string,
  resource: ResourceDescription,
): { readonly ClientToken: string; readonly tags: readonly Tag[] } {
  const digest = createHash('sha256').update(clientToken).digest();
  const requestNonce = digest.subarray(0, nonceSizeBytes);
  return {
    ClientToken: digest.toString('hex'),
    tags: sealTags(keys, resource, { requestNonce, tagsMax: tagLimits.tagsMax }),
  };
}
