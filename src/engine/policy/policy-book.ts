import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { choosePolicy } from '../../domain/policy/choose-policy.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { PolicyEvent } from '../../domain/policy/policy-events.ts';
import { validatePolicy } from '../../domain/policy/validate-policy.ts';
import { policyCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { policyStream, streamPrefixes } from '../ledger/stream-names.ts';

/** A policy; null before it was first set. */
type PolicyState = BackupPolicy | null;

const policyAggregate: Aggregate<PolicyState, PolicyEvent> = {
  catalogue: policyCatalogue,
  initial: null,
  evolve: (_state, event) => event.data.policy,
};

/** The policies, as the ledger has them. */
export class PolicyBook {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @throws POLICY_INVALID; REVISION_CONFLICT when somebody else sets it at the same moment */
  async set(policy: BackupPolicy): Promise<void> {
    validatePolicy(policy);
    const loaded = await this.#ledger.load(policyStream(policy.policyId), policyAggregate);
    const event: PolicyEvent = { type: 'PolicySet', data: { policy } };
    await this.#ledger.append(loaded, [event], event.type, policyAggregate);
  }

  /**
   * The policy that the instance belongs to, or null.
   *
   * @param at as it had been set up to this moment; default: now
   */
  async of(
    instance: SelectableInstance,
    at: TimestampMs | null = null,
  ): Promise<BackupPolicy | null> {
    return choosePolicy(await this.list(at), instance);
  }

  /** @param at as they had been set up to this moment; default: now */
  async list(at: TimestampMs | null = null): Promise<readonly BackupPolicy[]> {
    const policies = new Map<PolicyId, BackupPolicy>();
    const entries = this.#ledger.entriesOfAll<PolicyEvent>(streamPrefixes.policy, policyCatalogue);
    for await (const { event, record } of entries) {
      if (at !== null && record.metadata.recordedAt > at) continue;
      policies.set(event.data.policy.policyId, event.data.policy);
    }
    return [...policies.values()];
  }
}
