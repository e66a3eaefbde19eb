import type { PlannedVolume } from '../../index.ts';

type FullReadReason = NonNullable<PlannedVolume['reason']>;

/** How a volume is read, and why, when it is more than the changed blocks. */
export function readModeInWords(volume: Pick<PlannedVolume, 'mode' | 'reason'>): string {
  const why = volume.reason === null ? '' : `, because ${fullReadReasonInWords(volume.reason)}`;
  switch (volume.mode) {
    case 'changed':
      return `only the blocks that changed since the last image-level backup${why}`;
    case 'allocated':
      return `all blocks in the snapshot${why}`;
    case 'everything':
      return `every block of the volume${why}`;
  }
}

/** Why more than the changed blocks is read; completes a sentence after "because". */
export function fullReadReasonInWords(reason: FullReadReason): string {
  switch (reason) {
    case 'full-requested':
      return 'a full point was asked for, which shares nothing with the points before';
    case 'first-backup':
      return 'this is the first image-level backup of the volume';
    case 'no-base':
      return 'the snapshot of the last image-level backup (the CBT base) is not there any more';
    case 'base-not-completed':
      return 'the snapshot of the last image-level backup was never completed';
    case 'base-archived':
      return 'the snapshot of the last image-level backup is archived';
    case 'repository-changed':
      return 'the last restore point is in another repository';
    case 'unrelated-snapshots':
      return 'the two snapshots are not of the same volume';
    case 'no-changed-block-api':
      return 'changed blocks cannot be listed here';
    case 'no-permission':
      return 'the permission to list changed blocks is missing';
    case 'volume-resized':
      return 'the size of the volume has changed';
    case 'parent-missing':
      return 'the restore point to compare with is not in this repository';
    case 'parent-damaged':
      return 'the restore point to compare with is damaged';
    case 'parent-condemned':
      return 'the data of the restore point to compare with is about to be removed';
    case 'chain-too-long':
      return 'as many restore points need one another already as can be read';
    case 'cbt-disabled':
      return 'the policy switches changed block tracking off';
    case 'keep-is-zero':
      return 'the policy keeps no snapshots to compare with';
  }
}
