import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { choosePolicy } from '../../domain/policy/choose-policy.ts';
import type { PolicyVersion } from '../../domain/policy/due-runs.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { Occurrences } from '../../domain/policy/occurrences.ts';
import type { PolicyEvent } from '../../domain/policy/policy-events.ts';
import { validatePolicy } from '../../domain/policy/validate-policy.ts';
import { policyCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { policyStream, streamPrefixes } from '../ledger/stream-names.ts';

/** The policy in force; null before it was first set, and after it was removed. */
type PolicyState = BackupPolicy | null;

const policyAggregate: Aggregate<PolicyState, PolicyEvent> = {
  catalogue: policyCatalogue,
  initial: null,
  evolve: (_state, event) => (event.type === 'PolicySet' ? event.data.policy : null),
};

/** A policy in force, as the ledger has it. */
export interface BookedPolicy {
  readonly policy: BackupPolicy;
  /** How often it was set, removed ones of the same name included. */
  readonly version: number;
  /** Since it was set first, or anew after a removal; oldest first, the last is in force. */
  readonly versions: readonly PolicyVersion[];
}

/** The policies, as the ledger has them. */
export class PolicyBook {
  readonly #ledger: Ledger;
  readonly #occurrences: Occurrences;

  constructor(ledger: Ledger, occurrences: Occurrences) {
    this.#ledger = ledger;
    this.#occurrences = occurrences;
  }

  /**
   * Sets the policies, in their order. All are checked before the first is stored.
   *
   * @throws POLICY_INVALID; REVISION_CONFLICT when somebody else sets one at the same moment
   */
  async set(...policies: readonly BackupPolicy[]): Promise<void> {
    const sound = policies.map((policy) => validatePolicy(policy, this.#occurrences));
    for (const policy of sound) {
      const loaded = await this.#ledger.load(policyStream(policy.policyId), policyAggregate);
      const event: PolicyEvent = { type: 'PolicySet', data: { policy } };
      await this.#ledger.append(loaded, [event], event.type, policyAggregate);
    }
  }

  /** @throws UNKNOWN_POLICY; REVISION_CONFLICT when somebody else sets it at the same moment */
  async remove(policyId: PolicyId): Promise<void> {
    const loaded = await this.#ledger.load(policyStream(policyId), policyAggregate);
    if (loaded.state === null) throw unknownPolicy(policyId);
    const event: PolicyEvent = { type: 'PolicyRemoved', data: { policyId } };
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

  /** @throws UNKNOWN_POLICY */
  async get(policyId: PolicyId): Promise<BackupPolicy> {
    const { state } = await this.#ledger.load(policyStream(policyId), policyAggregate);
    if (state === null) throw unknownPolicy(policyId);
    return state;
  }

  /** Those in force. @param at as they had been set up to this moment; default: now */
  async list(at: TimestampMs | null = null): Promise<readonly BackupPolicy[]> {
    return (await this.booked(at)).map(({ policy }) => policy);
  }

  /** Those in force, in the order of their ids. */
  async booked(at: TimestampMs | null = null): Promise<readonly BookedPolicy[]> {
    const counts = new Map<PolicyId, number>();
    const booked = new Map<PolicyId, BookedPolicy>();
    const entries = this.#ledger.entriesOfAll<PolicyEvent>(streamPrefixes.policy, policyCatalogue);
    for await (const { event, record } of entries) {
      if (at !== null && record.metadata.recordedAt > at) continue;
      if (event.type === 'PolicyRemoved') {
        booked.delete(event.data.policyId);
        continue;
      }
      const { policy } = event.data;
      const { policyId } = policy;
      const version = (counts.get(policyId) ?? 0) + 1;
      counts.set(policyId, version);
      const versions = [
        ...(booked.get(policyId)?.versions ?? []),
        { policy, setAt: record.metadata.recordedAt },
      ];
      booked.set(policyId, { policy, version, versions });
    }
    return [...booked.values()].toSorted((a, b) =>
      a.policy.policyId < b.policy.policyId ? -1 : 1,
    );
  }
}

function unknownPolicy(policyId: PolicyId): SnapledgerError {
  return new SnapledgerError('UNKNOWN_POLICY', `there is no policy '${policyId}'`, {
    remedy: `'snapledger policy list' shows those that there are.`,
  });
}
