import type { Tag as SdkTag } from '@aws-sdk/client-ec2';
import type { Region } from '../../../domain/identifiers.ts';
import { openTags } from '../tags/open-tags.ts';
import type { ResourceDescription } from '../tags/resource-description.ts';
import type { Ec2Connection } from './ec2-connection.ts';
import { tagsOf } from './request-tags.ts';

/** A resource as EC2 shows it, with its tags. */
export interface TaggedResource {
  readonly resourceId: string;
  readonly tags: readonly SdkTag[] | undefined;
}

export interface TrustedResource {
  readonly resource: ResourceDescription;
  readonly requestId: string;
}

/** What an authentic resource's tags say; null for one that is not ours, or not to be trusted. */
export function trustedResource(
  { keys, onUntrusted }: Pick<Ec2Connection, 'keys' | 'onUntrusted'>,
  region: Region,
  { resourceId, tags }: TaggedResource,
): TrustedResource | null {
  const opened = openTags(keys, tagsOf(tags));
  switch (opened.kind) {
    case 'not-ours':
      return null;
    case 'untrusted':
      onUntrusted({ region, resourceId, reason: opened.reason });
      return null;
    case 'authentic':
      return opened;
  }
}
