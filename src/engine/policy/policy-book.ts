import type { InstanceId } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { PolicyEvent } from '../../domain/policy/policy-events.ts';
import { validatePolicy } from '../../domain/policy/validate-policy.ts';
import { policyCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { policyStream, streamPrefixes } from '../ledger/stream-names.ts';

/** A policy and the instances that it is for; null before it was first set. */
type PolicyState = PolicyEvent['data'] | null;

const policyAggregate: Aggregate<PolicyState, PolicyEvent> = {
  catalogue: policyCatalogue,
  initial: null,
  evolve: (_state, event) => event.data,
};

/** The policies, as the ledger has them. */
export class PolicyBook {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @throws POLICY_INVALID; REVISION_CONFLICT when somebody else sets it at the same moment */
  async set(policy: BackupPolicy, instances: readonly InstanceId[]): Promise<void> {
    validatePolicy(policy);
    const loaded = await this.#ledger.load(policyStream(policy.policyId), policyAggregate);
    const event: PolicyEvent = { type: 'PolicySet', data: { policy, instances } };
    await this.#ledger.append(loaded, [event], event.type, policyAggregate);
  }

  /** The policy that was last set to cover this instance, or null. */
  async of(instanceId: InstanceId): Promise<BackupPolicy | null> {
    const policies = new Map<string, PolicyEvent['data']>();
    const entries = this.#ledger.entriesOfAll<PolicyEvent>(streamPrefixes.policy, policyCatalogue);
    for await (const { event } of entries) {
      const { policyId } = event.data.policy;
      // Deleted first, so that the map is in the order in which they were last set.
      policies.delete(policyId);
      policies.set(policyId, event.data);
    }
    const covering = [...policies.values()].filter(({ instances }) =>
      instances.includes(instanceId),
    );
    return covering.at(-1)?.policy ?? null;
  }
}
