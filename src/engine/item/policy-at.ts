import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { choosePolicy } from '../../domain/policy/choose-policy.ts';
import type { InstanceTags } from '../../domain/policy/instance-selection.ts';
import type { Instances } from '../../ports/cloud/instances.ts';
import type { InstanceRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { KnownPolicy } from './known-policy.ts';

export interface PolicySources {
  readonly ledger: Ledger;
  readonly policies: PolicyBook;
  readonly instances: Instances;
}

/**
 * The policy that an instance belonged to at a moment of the past: that which its tags of then lead to,
 * of the policies of then. Where no tags had been recorded, which earlier versions did not do, it is
 *
 * 1. that of the last session before, if no policy has been added, removed or selected otherwise since,
 * 2. that which the first tags that were recorded later lead to,
 * 3. that which the tags of now lead to.
 *
 * @param records what had been recorded up to that moment
 */
export async function policyAt(
  { ledger, policies, instances }: PolicySources,
  instanceId: InstanceId,
  { instance, sessions }: InstanceRecords,
  at: TimestampMs,
): Promise<KnownPolicy> {
  const inForce = await policies.list(at);
  const byTags = (tags: InstanceTags): BackupPolicy | null =>
    choosePolicy(inForce, { instanceId, tags });
  if (instance.tags !== null) return { policy: byTags(instance.tags), from: 'recorded-tags' };

  const last = sessions.at(-1);
  if (last !== undefined) {
    const then = await policies.list(last.startedAt);
    if (isStillChosen(last, then, inForce)) {
      const policyId = last.policy?.policyId ?? null;
      const policy = inForce.find((one) => one.policyId === policyId) ?? null;
      return { policy, from: 'last-session' };
    }
  }
  const later = await firstTags(ledger, instanceId);
  if (later !== null) return { policy: byTags(later), from: 'later-tags' };
  const { tags } = await selectableInstance(instances, instanceId);
  return { policy: byTags(tags), from: 'present-tags' };
}

/** Whether the policies would still choose among themselves as they did for this session. */
function isStillChosen(
  { policy }: StartedBackup,
  then: readonly BackupPolicy[],
  inForce: readonly BackupPolicy[],
): boolean {
  // A run may have begun, with the policies of then, long before its last session.
  const isOfThen = policy === null || then.some((one) => selecting(one) === selecting(policy));
  return isOfThen && then.map(selecting).join() === inForce.map(selecting).join();
}

function selecting({ policyId, priority, selection }: BackupPolicy): string {
  return JSON.stringify([policyId, priority, selection]);
}

async function firstTags(ledger: Ledger, instanceId: InstanceId): Promise<InstanceTags | null> {
  const stream = instanceStream(instanceId);
  for await (const { event } of ledger.entries<InstanceEvent>(stream, instanceCatalogue)) {
    if (event.type === 'TagsSeen') return event.data.tags;
  }
  return null;
}
