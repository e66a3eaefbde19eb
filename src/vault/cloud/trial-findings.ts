import type { PermissionFinding } from '../../adapters/aws/permissions/check/check-permissions.ts';
import type { WorkerTrial, WorkerTrialOutcome } from '../../engine/worker-trial/try-worker.ts';
import type { Ec2Setting } from './ec2-setting.ts';

const workersRole: Omit<PermissionFinding, 'outcome'> = {
  action: "the workers' role",
  caller: 'worker',
  purpose: 'let a worker fetch its programs, and write to its mailbox',
  target: null,
  machine: null,
};

const removalOfTrial: Omit<PermissionFinding, 'outcome'> = {
  action: 'removal of the trial',
  caller: 'engine',
  purpose: 'leave nothing of the worker behind',
  target: null,
  machine: null,
};

/**
 * Why launching a worker would tell nothing of its role, as what is found of that; null when it would.
 *
 * @param worker null: none are set up
 * @param findings what was tried before
 */
export function untriedRole(
  worker: Ec2Setting['worker'],
  findings: readonly PermissionFinding[],
): PermissionFinding | null {
  const reason = whyUntried(worker, findings);
  return reason === null ? null : { ...workersRole, outcome: { kind: 'untried', reason } };
}

function whyUntried(
  worker: Ec2Setting['worker'],
  findings: readonly PermissionFinding[],
): string | null {
  if (worker === null) return 'no workers are set up';
  const isStoreMissing = findings.some(
    ({ action, outcome }) => action.startsWith('s3:') && outcome.kind === 'missing',
  );
  return isStoreMissing ? 'its mailbox is in the bucket, where permissions are missing' : null;
}

/** What launching a worker has shown of its role, and, when something of it is left, of its removal. */
export function trialFindings({ outcome, leftOver }: WorkerTrial): readonly PermissionFinding[] {
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
