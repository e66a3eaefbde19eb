import type { PermissionFinding } from '../../adapters/aws/permissions/check/check-permissions.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { EngineDependencies } from '../../engine/engine-dependencies.ts';
import { tryWorker } from '../../engine/worker-trial/try-worker.ts';
import type { AwsCheckRequest } from '../vault.ts';
import type { CloudSetting } from './ec2-setting.ts';

/**
 * Tries the permissions that an engine needs, and, when asked to, a worker.
 *
 * @param targets where policies copy to
 * @throws as `Vault.checkAws`
 */
export async function checkAws(
  cloud: CloudSetting,
  dependencies: EngineDependencies,
  targets: () => Promise<readonly ReplicaTarget[]>,
  { workers = 'leave', signal = never }: AwsCheckRequest,
): Promise<readonly PermissionFinding[]> {
  if (cloud.kind !== 'ec2') {
    throw new SnapledgerError('INVALID_ARGUMENT', 'this vault needs nothing of EC2', {
      remedy: "This is for a vault that 'snapledger init --cloud ec2' has made.",
    });
  }
  // Loaded here for the same reason as the clients: most commands do without.
  const check = await import('../../adapters/aws/permissions/check/check-permissions.ts');
  const { repository, objectStore } = dependencies;
  const findings = await check.checkPermissions({
    region: cloud.region,
    access: {},
    tagSecret: async () => (await repository()).deriveTagSecret(),
    worker: cloud.worker,
    objectStore,
    targets: await targets(),
    clock: systemClock,
    random: systemRandom,
  });
  if (workers === 'leave') return findings;
  const outcome =
    cloud.worker === null
      ? ({ kind: 'untried', reason: 'no workers are set up' } as const)
      : await workerOutcome(dependencies, signal);
  return [...findings, { ...workersRole, outcome }];
}

const never = new AbortController().signal;

const workersRole: Omit<PermissionFinding, 'outcome'> = {
  action: "the workers' role",
  caller: 'worker',
  purpose: 'let a worker fetch its programs, and write to its mailbox',
  target: null,
};

async function workerOutcome(
  dependencies: EngineDependencies,
  signal: AbortSignal,
): Promise<PermissionFinding['outcome']> {
  try {
    const trial = await tryWorker(dependencies, signal);
    return trial.kind === 'worked' ? { kind: 'allowed' } : { kind: 'missing', said: trial.said };
  } catch (error) {
    if (hasErrorCode(error, 'CLOUD_ACCESS_DENIED', 'LIMIT_EXCEEDED')) {
      return { kind: 'untried', reason: `no worker could be launched: ${error.message}` };
    }
    if (hasErrorCode(error, 'CLOUD_REFUSED')) return { kind: 'refused', said: error.message };
    throw error;
  }
}
