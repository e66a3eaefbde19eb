import { SnapledgerError } from '../errors/snapledger-error.ts';
import { keepsNothing } from '../retention/keeps-nothing.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { policyLimits } from './policy-limits.ts';

const policyIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Refuses a policy that cannot work.
 *
 * @throws POLICY_INVALID, with the field and what is allowed there
 */
export function validatePolicy(policy: BackupPolicy): void {
  const { policyId, snapshots, image } = policy;
  if (!policyIdPattern.test(policyId) || policyId.length > policyLimits.policyIdMaxLength) {
    throw invalid(
      `the policy's name '${policyId}' is not allowed`,
      `Use at most ${policyLimits.policyIdMaxLength} letters, digits, '.', '_' and '-', beginning with a letter or digit.`,
    );
  }
  const { count: keep } = snapshots.retention;
  if (
    keep !== null &&
    (!Number.isSafeInteger(keep) || keep < 0 || keep > policyLimits.keepSnapshotsMax)
  ) {
    throw invalid(
      `keep-snapshots is ${keep}`,
      `Give a whole number from 0 to ${policyLimits.keepSnapshotsMax}.`,
    );
  }
  const keepsNone = keepsNothing(snapshots.retention);
  if (keepsNone && image.level === 'off') {
    throw invalid(
      'keep-snapshots is 0 and image-level backup is off: nothing would ever be kept',
      'Keep at least 1 snapshot set, or switch image-level backup on.',
    );
  }
  if (keepsNone && image.changedBlockTracking === 'on') {
    throw invalid(
      'keep-snapshots is 0, but changed block tracking needs the snapshot set of the last backup',
      'Keep at least 1 snapshot set, or switch changed block tracking off; every backup then reads the whole disk.',
    );
  }
}

function invalid(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('POLICY_INVALID', message, { remedy });
}
