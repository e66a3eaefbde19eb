import type { SessionSummary } from '../../index.ts';

/** What a session is of: an instance, a policy, or the repository. */
export function subjectInWords({ kind, instanceId, policyId }: SessionSummary): string {
  if (kind === 'collection' || kind === 'verification') return 'the repository';
  return instanceId ?? `policy ${policyId ?? ''}`;
}
