import { isRepositoryWork } from '../../index.ts';
import type { SessionSummary } from '../../index.ts';

/** What a session is of: an instance, a policy, or the repository. */
export function subjectInWords({ kind, instanceId, policyId }: SessionSummary): string {
  if (isRepositoryWork(kind)) return 'the repository';
  return instanceId ?? `policy ${policyId ?? ''}`;
}
