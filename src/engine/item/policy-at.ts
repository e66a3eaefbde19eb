import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { belongingOf, type PoliciesInForce } from '../../domain/policy/belonging.ts';
import { type InstanceTags, tagsOfList } from '../../domain/policy/instance-selection.ts';
import type { Instances } from '../../ports/cloud/instances.ts';
import type { InstanceRecords } from '../instance/load-history.ts';
import { selectableInstance } from '../instance/selectable-instance.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import { policyOfInstance } from '../policy/policy-of-instance.ts';
import type { KnownPolicy } from './known-policy.ts';

export interface PolicySources {
  readonly ledger: Ledger;
  readonly policies: PolicyBook;
  readonly instances: Instances;
}

/**
 * The policy that an instance belonged to at a moment of the past: that which its tags of then lead to,
 * of the policies of then. Where no tags had been recorded, which earlier versions did not do, or they are
 * forgotten, it is
 *
 * 1. that of the last session before, if no policy has been added, removed or selected otherwise since,
 * 2. that which the first tags that were recorded later lead to,
 * 3. that which the tags of now lead to.
 *
 * @param records what had been recorded up to that moment
 * @throws as `policyOfInstance`
 */
export async function policyAt(
  { ledger, policies, instances }: PolicySources,
  instanceId: InstanceId,
  { instance, sessions }: InstanceRecords,
  at: TimestampMs,
): Promise<KnownPolicy> {
  const inForce = await policies.inForce(at);
  const last = sessions.at(-1);
  const lastPolicyId = last?.policy?.policyId ?? null;
  const byTags = (tags: InstanceTags): BackupPolicy | null =>
    policyOfInstance(instanceId, belongingOf(inForce, { instanceId, tags }, lastPolicyId));
  const { tags: seen } = instance;
  if (seen?.kind === 'known') return { policy: byTags(seen.value), from: 'recorded-tags' };

  if (last !== undefined) {
    const then = await policies.inForce(last.startedAt);
    if (isStillChosen(last, then, inForce)) {
      const policy = inForce.policies.find(({ policyId }) => policyId === lastPolicyId) ?? null;
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
  then: PoliciesInForce,
  now: PoliciesInForce,
): boolean {
  // A run may have begun, with the policies of then, long before its last session.
  const isOfThen =
    policy === null || then.policies.some((one) => selecting(one) === selecting(policy));
  const isAllReadable = then.unreadable.length + now.unreadable.length === 0;
  const [choices, choicesNow] = [then.policies, now.policies].map((all) => all.map(selecting));
  return isOfThen && isAllReadable && choices?.join() === choicesNow?.join();
}

function selecting({ policyId, priority, selection }: BackupPolicy): string {
  return JSON.stringify([policyId, priority, selection]);
}

async function firstTags(ledger: Ledger, instanceId: InstanceId): Promise<InstanceTags | null> {
  const stream = instanceStream(instanceId);
  for await (const { event } of ledger.entries<InstanceEvent>(stream, instanceCatalogue)) {
    if (event.type !== 'TagsSeen') continue;
    const { tags } = event.data;
    if (tags.kind === 'known') return tagsOfList(tags.value);
  }
  return null;
}
