import { SnapledgerError } from '../errors/snapledger-error.ts';
import { assert } from '../errors/assert.ts';
import { readShape } from '../shape/read-shape.ts';
import { formatPath, type ShapeProblem } from '../shape/shape-problem.ts';
import type { BackupPolicy } from './backup-policy.ts';
import type { Occurrences } from './occurrences.ts';
import { policyProblems } from './policy-problems.ts';
import { policyShape } from './policy-shape.ts';

/**
 * Refuses a policy that cannot work, and gives one that can with its fields in the order of the
 * shape: equal policies then look equal.
 *
 * @throws POLICY_INVALID, with the field and what is allowed there
 */
export function validatePolicy(policy: BackupPolicy, occurrences: Occurrences): BackupPolicy {
  const read = readShape(policyShape, policy);
  const problems =
    read.outcome === 'wrong' ? read.problems : policyProblems(read.value, occurrences);
  const [first] = problems;
  if (first !== undefined) throw invalid(policy, first);
  assert(read.outcome === 'sound', 'what is wrong has problems');
  return read.value;
}

function invalid(
  { policyId }: BackupPolicy,
  { path, message, remedy }: ShapeProblem,
): SnapledgerError {
  const place = path.length === 0 ? 'it' : formatPath(path);
  return new SnapledgerError('POLICY_INVALID', `policy '${policyId}': ${place} ${message}`, {
    remedy,
  });
}
