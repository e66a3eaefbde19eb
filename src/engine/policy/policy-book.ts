import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { PoliciesInForce, UnreadablePolicy } from '../../domain/policy/belonging.ts';
import type { PolicyVersion } from '../../domain/policy/due-runs.ts';
import type { PolicyEvent } from '../../domain/policy/policy-events.ts';
import type { RecordedEvent, StreamName } from '../../ports/event-store.ts';
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

/** Both in the order of their ids. */
export interface ReadPolicies {
  readonly booked: readonly BookedPolicy[];
  readonly unreadable: readonly UnreadablePolicy[];
}

/** The policies, as the ledger has them. */
export class PolicyBook {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * Sets policies that have been checked, in their order.
   *
   * @throws REVISION_CONFLICT when somebody else sets one at the same moment
   */
  async set(policies: readonly BackupPolicy[]): Promise<void> {
    for (const policy of policies) {
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

  /** @throws UNKNOWN_POLICY */
  async get(policyId: PolicyId): Promise<BackupPolicy> {
    const { state } = await this.#ledger.load(policyStream(policyId), policyAggregate);
    if (state === null) throw unknownPolicy(policyId);
    return state;
  }

  /** @param at as they had been set up to this moment; default: now */
  async inForce(at: TimestampMs | null = null): Promise<PoliciesInForce> {
    const { booked, unreadable } = await this.read(at);
    return { policies: booked.map(({ policy }) => policy), unreadable };
  }

  /** Those in force, so far as they can be read, in the order of their ids. */
  async booked(): Promise<readonly BookedPolicy[]> {
    return (await this.read()).booked;
  }

  /** @param at as `inForce` */
  async read(at: TimestampMs | null = null): Promise<ReadPolicies> {
    const counts = new Map<PolicyId, number>();
    const booked = new Map<PolicyId, BookedPolicy>();
    const unreadable: UnreadablePolicy[] = [];
    const giveUp = (policyId: PolicyId, error: SnapledgerError): void => {
      unreadable.push({ policyId, lastKnown: booked.get(policyId)?.policy ?? null, error });
      booked.delete(policyId);
    };
    const entries = this.#ledger.readableEntriesOfAll<PolicyEvent>(
      streamPrefixes.policy,
      policyCatalogue,
      { at },
    );
    for await (const entry of entries) {
      if (entry.kind === 'unreadable') {
        giveUp(policyIdOf(entry.stream), entry.error);
        continue;
      }
      const { event, record } = entry;
      const policyId = policyIdOf(record.stream);
      if (unreadable.some((one) => one.policyId === policyId)) continue;
      if (!isAbout(event, policyId)) {
        giveUp(policyId, isAboutAnother(record));
        continue;
      }
      if (event.type === 'PolicyRemoved') {
        booked.delete(policyId);
        continue;
      }
      const { policy } = event.data;
      const version = (counts.get(policyId) ?? 0) + 1;
      counts.set(policyId, version);
      const versions = [
        ...(booked.get(policyId)?.versions ?? []),
        { policy, setAt: record.metadata.recordedAt },
      ];
      booked.set(policyId, { policy, version, versions });
    }
    return {
      booked: [...booked.values()].toSorted((a, b) =>
        a.policy.policyId < b.policy.policyId ? -1 : 1,
      ),
      unreadable: unreadable.toSorted((a, b) => (a.policyId < b.policyId ? -1 : 1)),
    };
  }
}

function policyIdOf(stream: StreamName): PolicyId {
  return stream.slice(streamPrefixes.policy.length) as PolicyId;
}

/** Damage can leave an event of another policy, which would otherwise come twice, or not go. */
function isAbout({ type, data }: PolicyEvent, policyId: PolicyId): boolean {
  return (type === 'PolicySet' ? data.policy.policyId : data.policyId) === policyId;
}

function isAboutAnother({ stream, revision }: RecordedEvent): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_CORRUPT',
    `event ${revision} of the stream '${stream}' is about another policy`,
    {
      remedy: 'Bring the ledger back from a copy of the vault; the repository is not affected.',
      details: { stream, revision },
    },
  );
}

function unknownPolicy(policyId: PolicyId): SnapledgerError {
  return new SnapledgerError('UNKNOWN_POLICY', `there is no policy '${policyId}'`, {
    remedy: `'snapledger policy list' shows those that there are.`,
  });
}
