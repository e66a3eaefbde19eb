import type { Clock } from '../../ports/clock.ts';
import type { JobPlace } from '../../ports/job-place.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { CloudFolders } from './cloud-folders.ts';
import type { PartialNames } from './state/partial-names.ts';

/** What all parts of an open local cloud work with. */
export interface LocalCloudContext {
  readonly folders: CloudFolders;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly partials: PartialNames;
  /** Where disks are read. */
  readonly scansOn: JobPlace;
}
