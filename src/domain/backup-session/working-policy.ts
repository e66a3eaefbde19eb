import type { PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import { defaultPolicy } from '../policy/default-policy.ts';
import type { StartedBackup } from './backup-session.ts';

/**
 * How a session reads and compresses: as its policy says, or by the defaults when it was begun by
 * hand for an instance that no policy covers. Retention never goes by these defaults.
 */
export function workingPolicy({ policy }: Pick<StartedBackup, 'policy'>): BackupPolicy {
  return policy ?? defaultPolicy('none' as PolicyId, []);
}
