import type { PolicyRunEvent, SkippedInstance } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatLocalTime } from '../output/format-time.ts';

/** What an event of a policy's run says, in one sentence. */
export function policyRunEventInWords({ type, data }: PolicyRunEvent): string {
  switch (type) {
    case 'PolicyRunStarted': {
      const { trigger, policy } = data;
      const why =
        trigger.kind === 'on-demand' ? 'on demand' : `due at ${formatLocalTime(trigger.dueAt)}`;
      return `run of policy ${policy.policyId} began, ${why}`;
    }
    case 'InstancesResolved': {
      const skipped = data.skipped.map(skippedInWords);
      return [`it is for ${formatCount(data.instances.length, 'instance')}`, ...skipped].join('; ');
    }
    case 'InstanceSessionStarted':
      return `${data.instanceId}: session ${formatId(data.instanceSessionId)} began (attempt ${data.attempt})`;
    case 'InstanceSessionEnded': {
      const why = data.problem === null ? '' : `: ${data.problem.message}`;
      return `${data.instanceId}: session ${formatId(data.instanceSessionId)} ended as ${data.status}${why}`;
    }
    case 'RetryScheduled':
      return `${data.instanceIds.join(', ')}: tried again (attempt ${data.attempt}) at ${formatLocalTime(data.notBefore)}`;
    case 'StartsForgone':
      return `the window has closed: ${data.instanceIds.join(', ')} not started`;
    case 'RunCancellationRequested':
      return `cancelled (${data.reason}); its sessions clean up`;
    case 'PolicyRunCompleted':
      return data.outcome === 'succeeded' ? 'done' : 'done, with warnings';
    case 'PolicyRunFailed':
      return `the run failed: ${data.problem.message}`;
    case 'PolicyRunCancelled':
      return `the run was cancelled (${data.reason})`;
  }
}

/** Why an instance that the policy selects is not in its run. */
export function skippedInWords({ instanceId, reason }: SkippedInstance): string {
  switch (reason.kind) {
    case 'other-policy':
      return `${instanceId} skipped, because policy ${reason.policyId} has it`;
    case 'not-found':
      return `${instanceId} skipped, because there is no such instance`;
    case 'unreadable': {
      const { code, message } = reason.problem;
      return `${instanceId} skipped, because it cannot be read: ${message === '' ? code : message}`;
    }
  }
}
