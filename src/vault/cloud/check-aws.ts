import type { PermissionFinding } from '../../adapters/aws/permissions/check/check-permissions.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { EngineDependencies } from '../../engine/engine-dependencies.ts';
import type { CloudSetting } from './ec2-setting.ts';

/**
 * Tries the permissions that an engine needs.
 *
 * @param targets where policies copy to
 * @throws as `Vault.checkAws`
 */
export async function checkAws(
  cloud: CloudSetting,
  { repository, objectStore }: Pick<EngineDependencies, 'repository' | 'objectStore'>,
  targets: () => Promise<readonly ReplicaTarget[]>,
): Promise<readonly PermissionFinding[]> {
  if (cloud.kind !== 'ec2') {
    throw new SnapledgerError('INVALID_ARGUMENT', 'this vault needs nothing of EC2', {
      remedy: "This is for a vault that 'snapledger init --cloud ec2' has made.",
    });
  }
  // Loaded here for the same reason as the clients: most commands do without.
  const check = await import('../../adapters/aws/permissions/check/check-permissions.ts');
  return await check.checkPermissions({
    region: cloud.region,
    access: {},
    tagSecret: async () => (await repository()).deriveTagSecret(),
    worker: cloud.worker,
    objectStore,
    targets: await targets(),
    clock: systemClock,
    random: systemRandom,
  });
}
