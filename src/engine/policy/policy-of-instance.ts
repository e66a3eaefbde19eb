import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { type Belonging, belongingOf } from '../../domain/policy/belonging.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import { lastPolicyOf } from '../instance/last-policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PolicyBook } from './policy-book.ts';

/**
 * The policy that an instance is known to belong to; null: none.
 *
 * @throws UNKNOWN_EVENT, LEDGER_CORRUPT when it may belong to one that cannot be read
 */
export function policyOfInstance(
  instanceId: InstanceId,
  belonging: Belonging,
): BackupPolicy | null {
  if (belonging.kind === 'known') return belonging.policy;
  const { policyId, error } = belonging.unreadable;
  const { code, message, remedy, details } = error;
  throw new SnapledgerError(
    code,
    `policy '${policyId}' cannot be read, and instance '${instanceId}' may belong to it: ${message}`,
    { cause: error, details, ...(remedy === undefined ? {} : { remedy }) },
  );
}

/**
 * The policy that an instance belongs to now; null: none.
 *
 * @throws as `policyOfInstance`
 */
export async function presentPolicyOf(
  ledger: Ledger,
  policies: PolicyBook,
  instance: SelectableInstance,
): Promise<BackupPolicy | null> {
  const { instanceId } = instance;
  const inForce = await policies.inForce();
  const isAllReadable = inForce.unreadable.length === 0;
  const lastPolicyId = isAllReadable ? null : await lastPolicyOf(ledger, instanceId);
  return policyOfInstance(instanceId, belongingOf(inForce, instance, lastPolicyId));
}
