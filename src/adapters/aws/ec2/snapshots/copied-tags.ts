import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { InstanceVolume } from '../../../../ports/cloud/instances.ts';
import { tagLimits } from '../../tags/tag-limits.ts';
import { tagNamePrefix } from '../../tags/tag-name.ts';

/** Of AWS itself; EC2 neither copies them nor counts them. */
const reservedPrefix = 'aws:';

const leaveThem =
  "Remove tags of the volume, or leave all of them out: 'volumeTags: leave' in the snapshots of the policy.";

/**
 * Whether EC2 can put the tags of these volumes on their snapshots, beside `ownCount` tags of ours.
 *
 * @throws LIMIT_EXCEEDED when there would be more than EC2 takes on one snapshot
 * @throws INVALID_ARGUMENT for a volume with tags of snapledger: nobody could trust its snapshot's
 */
export function requireCopyableTags(volumes: readonly InstanceVolume[], ownCount: number): void {
  for (const { volumeId, device, tags } of volumes) {
    const names = Object.keys(tags).filter((name) => !name.startsWith(reservedPrefix));
    if (names.some((name) => name.startsWith(tagNamePrefix))) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `volume ${volumeId} (${device}) has tags of snapledger, because it was restored: with them on its snapshot nobody could tell whose it is`,
        {
          remedy: `Remove the tags that begin with '${tagNamePrefix}' from the volume, or leave all of them out: 'volumeTags: leave' in the snapshots of the policy.`,
          details: { volumeId },
        },
      );
    }
    const total = names.length + ownCount;
    if (total > tagLimits.tagsMax) {
      throw new SnapledgerError(
        'LIMIT_EXCEEDED',
        `volume ${volumeId} (${device}) has ${names.length} tags, and ${ownCount} of snapledger come with its snapshot: EC2 takes ${tagLimits.tagsMax} on one snapshot`,
        {
          remedy: leaveThem,
          details: { volumeId, tagsOfVolume: names.length, tagsOfOurs: ownCount },
        },
      );
    }
  }
}
