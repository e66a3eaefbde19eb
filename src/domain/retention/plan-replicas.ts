import type { ReplicaSetId, VolumeId } from '../identifiers.ts';
import { isSameTarget } from '../policy/replica-target.ts';
import { compareChainItems } from './chain-item.ts';
import { decideChain } from './decide-chain.ts';
import type { ReplicaItem } from './history-items.ts';
import type { InstanceHistory } from './instance-history.ts';
import { mergeInOrder } from './merge-in-order.ts';
import { Pins } from './pins.ts';
import { replicaPolicyOf } from './replica-policy.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { ChainPlan } from './retention-plan.ts';
import { rulesOfPolicy } from './rules-of-policy.ts';

/**
 * The replicas in one target are a chain with rules of its own, which never look at the sources:
 * a completed copy does not need them.
 */
export function planReplicas(circumstances: RetentionCircumstances): ChainPlan<ReplicaSetId> {
  const { history, policy, during, now } = circumstances;
  const pins = new Pins();
  for (const { target } of policy?.replicas ?? []) pinBases(pins, history, target);
  pins.pinUsed(history.replicas, during);
  pins.pinHeld('replica', history.holds, now);

  const chains = Map.groupBy(history.replicas, ({ target }) => replicaPolicyOf(policy, target));
  const plans = [...chains].map(([ruling, items]) => {
    const rules = rulesOfPolicy(circumstances, ruling?.retention ?? null, 'keep-nothing');
    return decideChain({ items, rules, pins: pins.all, now });
  });
  return {
    keep: mergeInOrder(
      plans.map(({ keep }) => keep),
      history.replicas,
    ),
    remove: mergeInOrder(
      plans.map(({ remove }) => remove),
      history.replicas,
    ),
  };
}

/**
 * The next copy to a target is incremental only against the newest completed copy of the volume
 * there, under the same key. Volumes that are snapshotted no more have no next copy.
 *
 * Source: the EC2 user guide on copying snapshots.
 */
function pinBases(pins: Pins, history: InstanceHistory, target: ReplicaItem['target']): void {
  const wanted = new Set<VolumeId>(history.volumeIds);
  const newestFirst = history.replicas
    .filter((replica) => isSameTarget(replica.target, target) && replica.condition === 'complete')
    .sort((a, b) => compareChainItems(b, a));
  for (const { id, snapshots } of newestFirst) {
    const volumeIds = snapshots.map(({ volumeId }) => volumeId).filter((one) => wanted.delete(one));
    if (volumeIds.length > 0) pins.pin(id, { kind: 'replica-base', volumeIds });
    if (wanted.size === 0) return;
  }
}
