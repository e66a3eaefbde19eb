import { isRepositoryWork } from '../../index.ts';
import type { SessionSummary } from '../../index.ts';

/** What a session is of: an instance, a policy, or the repository. */
export function subjectInWords({ kind, instanceId, policyId }: SessionSummary): string {
  if (instanceId !== null) return instanceId;
  return isRepositoryWork(kind) ? 'the repository' : `policy ${policyId ?? ''}`;
}
