import type { BackupPolicy } from './backup-policy.ts';
import { type SelectableInstance, selects } from './instance-selection.ts';

/** The policy that an instance belongs to, of all there are; null when none selects it. */
export function choosePolicy(
  policies: Iterable<BackupPolicy>,
  instance: SelectableInstance,
): BackupPolicy | null {
  const selecting = [...policies].filter(({ selection }) => selects(selection, instance));
  return selecting.toSorted(comparePriority)[0] ?? null;
}

/** Highest priority first; ties broken by id, so that every listing agrees. */
export function comparePriority(a: BackupPolicy, b: BackupPolicy): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return a.policyId < b.policyId ? -1 : a.policyId > b.policyId ? 1 : 0;
}
