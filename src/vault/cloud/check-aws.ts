import type { PermissionFinding } from '../../adapters/aws/permissions/check/check-permissions.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemRandom } from '../../adapters/system/system-random.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { EngineDependencies } from '../../engine/engine-dependencies.ts';
import {
  tryWorker,
  type WorkerTrial,
  type WorkerTrialOutcome,
} from '../../engine/worker-trial/try-worker.ts';
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
  const reason = whyUntried(cloud, findings);
  if (reason !== null)
    return [...findings, { ...workersRole, outcome: { kind: 'untried', reason } }];
  return [...findings, ...trialFindings(await tryWorker(dependencies, signal))];
}

const never = new AbortController().signal;

const workersRole: Omit<PermissionFinding, 'outcome'> = {
  action: "the workers' role",
  caller: 'worker',
  purpose: 'let a worker fetch its programs, and write to its mailbox',
  target: null,
};

const removalOfTrial: Omit<PermissionFinding, 'outcome'> = {
  action: 'removal of the trial',
  caller: 'engine',
  purpose: 'leave nothing of the worker behind',
  target: null,
};

/** Why launching a worker would tell nothing of its role; null when it would. */
function whyUntried(
  { worker }: Extract<CloudSetting, { readonly kind: 'ec2' }>,
  findings: readonly PermissionFinding[],
): string | null {
  if (worker === null) return 'no workers are set up';
  const isStoreMissing = findings.some(
    ({ action, outcome }) => action.startsWith('s3:') && outcome.kind === 'missing',
  );
  return isStoreMissing ? 'its mailbox is in the bucket, where permissions are missing' : null;
}

function trialFindings({ outcome, leftOver }: WorkerTrial): readonly PermissionFinding[] {
  const role = { ...workersRole, outcome: findingOf(outcome) };
  if (leftOver.length === 0) return [role];
  return [role, { ...removalOfTrial, outcome: { kind: 'missing', said: leftOver.join('; ') } }];
}

function findingOf(outcome: WorkerTrialOutcome): PermissionFinding['outcome'] {
  switch (outcome.kind) {
    case 'worked':
      return { kind: 'allowed' };
    case 'failed':
      return { kind: 'missing', said: outcome.said };
    case 'not-launched': {
      const { error } = outcome;
      if (error.code === 'CLOUD_REFUSED') return { kind: 'refused', said: error.message };
      return { kind: 'untried', reason: `no worker could be launched: ${error.message}` };
    }
    case 'unseen': {
      const { error } = outcome;
      if (error.code === 'MAILBOX_REJECTED') return { kind: 'missing', said: error.message };
      return {
        kind: 'untried',
        reason: `what the worker did could not be seen: ${error.message}`,
      };
    }
    case 'stopped':
      return { kind: 'untried', reason: 'it was stopped' };
  }
}
