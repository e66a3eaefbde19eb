import type { PermissionFinding } from '../../adapters/aws/permissions/check/check-permissions.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { machinesOf } from '../../domain/policy/worker-policy.ts';
import { tryWorker } from '../../engine/worker-trial/try-worker.ts';
import type { VaultParts } from '../open-vault-parts.ts';
import type { AwsCheckRequest } from '../vault.ts';
import type { CloudSetting } from './ec2-setting.ts';
import { trialFindings, untriedRole } from './trial-findings.ts';

/**
 * Tries the permissions that an engine needs, and, when asked to, a worker.
 *
 * @param place where the repository should be: what may be done there is tried whatever lies there
 * @param policies those in force: where they copy to, and by which workers, is tried too
 * @throws as `Vault.checkAws`
 */
export async function checkAws(
  cloud: CloudSetting,
  { dependencies, place }: Pick<VaultParts, 'dependencies' | 'place'>,
  policies: () => Promise<readonly BackupPolicy[]>,
  { workers = 'leave', originals = 'leave', signal = never }: AwsCheckRequest,
): Promise<readonly PermissionFinding[]> {
  if (cloud.kind !== 'ec2') {
    throw new SnapledgerError('INVALID_ARGUMENT', 'this vault needs nothing of EC2', {
      remedy: "This is for a vault that 'snapledger init --cloud ec2' has made.",
    });
  }
  // Loaded here for the same reason as the clients: most commands do without.
  const check = await import('../../adapters/aws/permissions/check/check-permissions.ts');
  const { repository } = dependencies;
  const inForce = await policies();
  const findings = await check.checkPermissions({
    region: cloud.region,
    access: {},
    tagSecret: async () => (await repository()).deriveTagSecret(),
    worker: cloud.worker,
    originals,
    objectStore: place,
    targets: inForce.flatMap(({ replicas }) => replicas.map(({ target }) => target)),
    machines: inForce.filter(hasWorkers).flatMap(({ image }) => machinesOf(image.workers)),
    clock: systemClock,
    random: systemRandom,
  });
  if (workers === 'leave') return findings;
  const untried = untriedRole(cloud.worker, findings);
  if (untried !== null) return [...findings, untried];
  return [...findings, ...trialFindings(await tryWorker(dependencies, signal))];
}

function hasWorkers({ image }: BackupPolicy): boolean {
  return image.level === 'on' && image.transport === 'worker';
}

const never = new AbortController().signal;
