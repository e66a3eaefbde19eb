import { arbitraryLocalFate, type LocalFate } from './backup-fate.ts';
import type { BackupOffers } from './back-up.ts';

/** Without a policy blocks are read by a worker, which would be a process with a time of its own. */
export const localOffers: BackupOffers<LocalFate> = {
  fates: arbitraryLocalFate,
  scopesWithoutPolicy: ['snapshot-only'],
};
