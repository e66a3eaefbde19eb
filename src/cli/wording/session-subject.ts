import type { SessionSummary } from '../../index.ts';

/** What a session is of: an instance, or a policy. */
export function subjectInWords({ instanceId, policyId }: SessionSummary): string {
  return instanceId ?? `policy ${policyId ?? ''}`;
}
