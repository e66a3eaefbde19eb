import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { lastRetentionAt, maintenanceDueAt } from '../../domain/maintenance/maintenance-due.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import { isNews } from '../../domain/instance/decide-instance.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { belongingOf, type PoliciesInForce } from '../../domain/policy/belonging.ts';
import { choosePolicy } from '../../domain/policy/choose-policy.ts';
import { listTags, type SelectableInstance } from '../../domain/policy/instance-selection.ts';
import { instanceHistory } from '../../domain/retention/instance-history.ts';
import { nextRemovalAt } from '../../domain/retention/next-removal.ts';
import type { ObsoleteRule } from '../../domain/retention/obsolete-rule.ts';
import type { GlobalPosition } from '../../ports/event-store.ts';
import type { RunPoliciesRequest } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { type InstanceClaims, instanceOf } from '../instance/instance-claims.ts';
import { loadRecords } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { RetentionSettingsBook } from '../settings/retention-settings-book.ts';

export interface MaintenanceCalendarParts {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly claims: InstanceClaims;
  readonly policies: PolicyBook;
  readonly settings: RetentionSettingsBook;
}

export type CalendarEntry = IdleInstance | InstanceAtWork | UnreadableEntry;

/** When an instance is due, and what that was found from. */
export interface IdleInstance {
  readonly state: 'idle';
  readonly instanceId: InstanceId;
  /** As it was looked at. */
  readonly instance: SelectableInstance;
  /** Null: never, as things are. */
  readonly dueAt: TimestampMs | null;
  readonly policy: BackupPolicy | null;
  readonly sessionsSeen: number;
  readonly hasPoints: boolean;
  /** The tags, the policy and the setting that it was found by, and when. */
  readonly basis: string;
  readonly lookedAt: TimestampMs;
}

/** A session holds it; its release moves the stream on. */
export interface InstanceAtWork {
  readonly state: 'at-work';
  readonly instanceId: InstanceId;
  /** `maintenance` also when the session has recorded nothing yet, and may be any. */
  readonly session: 'maintenance' | 'backup';
}

/** What is recorded of it cannot be read; the others are not held up by that. */
export interface UnreadableEntry {
  readonly state: 'unreadable';
  readonly instanceId: InstanceId;
  readonly error: unknown;
}

/**
 * How long what was found is trusted although nothing of it has changed: rules of the embedding program,
 * and the data of time zones, can change without a word.
 */
const trustedMs = 24 * 3_600_000;

/**
 * When which instance is due for maintenance. It looks at an instance again only when its stream has
 * moved on, its tags, its policy or the setting are other ones, or a day is over. Tags that are not those
 * recorded last are recorded: on EC2 nobody tells when they are changed.
 */
export class MaintenanceCalendar {
  readonly #parts: MaintenanceCalendarParts;
  readonly #entries = new Map<InstanceId, CalendarEntry>();
  readonly #stale = new Set<InstanceId>();
  /** Tags that could not be recorded, and what was told of that. */
  readonly #unrecorded = new Map<InstanceId, string>();
  #position: GlobalPosition | null = null;

  constructor(parts: MaintenanceCalendarParts) {
    this.#parts = parts;
  }

  /**
   * All instances that ever had a session, as they are now.
   *
   * @param onTrouble told once of tags that could not be recorded, which is tried again at each look
   */
  async look(signal: AbortSignal, onTrouble: OnTrouble): Promise<readonly CalendarEntry[]> {
    const { ledger } = this.#parts;
    const { streams, position } = await ledger.streamsChanged(
      streamPrefixes.instance,
      this.#position,
    );
    for (const stream of streams) this.#stale.add(instanceOf(stream));
    this.#position = position;
    const inForce = await this.#inForce();
    for (const instanceId of new Set([...this.#entries.keys(), ...this.#stale])) {
      if (signal.aborted) break;
      try {
        await this.#lookAt(instanceId, inForce, onTrouble);
      } catch (error) {
        this.#stale.add(instanceId);
        this.#entries.set(instanceId, { state: 'unreadable', instanceId, error });
      }
    }
    return [...this.#entries.values()];
  }

  /** Whether the tags, the policy and the setting that an instance was found due by are still in force. */
  async isInForce({ instanceId, basis }: IdleInstance): Promise<boolean> {
    return (await this.#inForce()).basisOf(instanceId) === basis;
  }

  async #inForce(): Promise<InForce> {
    const { engine, policies, settings } = this.#parts;
    const [all, obsolete] = [await policies.inForce(), await settings.obsoleteRule()];
    const { instances, unreadable: unread } = await engine.cloud.instances.readable();
    const known = new Map(instances.map((one) => [one.instanceId, one] as const));
    const errors = new Map(unread.map(({ instanceId, error }) => [instanceId, error] as const));
    // Of an instance that is gone only the id is known, so that only policies that name it have it.
    const instanceWith = (instanceId: InstanceId): SelectableInstance => {
      const { tags } = known.get(instanceId) ?? { tags: {} };
      return { instanceId, tags };
    };
    const errorOf = (instanceId: InstanceId): SnapledgerError | null =>
      errors.get(instanceId) ?? null;
    const unreadable = all.unreadable.map(({ policyId }) => policyId);
    const basisOf = (instanceId: InstanceId): string => {
      const error = errorOf(instanceId);
      if (error !== null) return JSON.stringify([instanceId, error.message]);
      const instance = instanceWith(instanceId);
      const policy = choosePolicy(all.policies, instance);
      // A cloud may tell the same tags in another order each time.
      const tags = listTags(instance.tags);
      return JSON.stringify([instanceId, tags, policy, unreadable, obsolete]);
    };
    return { instanceWith, errorOf, policies: all, basisOf, obsolete };
  }

  async #lookAt(instanceId: InstanceId, inForce: InForce, onTrouble: OnTrouble): Promise<void> {
    const { engine, ledger } = this.#parts;
    const now = engine.clock.now();
    const basis = inForce.basisOf(instanceId);
    const { obsolete } = inForce;
    const entry = this.#entries.get(instanceId);
    const isFresh =
      !this.#stale.has(instanceId) &&
      (entry?.state === 'at-work' ||
        (entry?.state === 'idle' &&
          entry.basis === basis &&
          now >= entry.lookedAt &&
          now < entry.lookedAt + trustedMs));
    if (isFresh) return;
    const { instance, sessions } = await loadRecords(ledger, instanceId);
    this.#stale.delete(instanceId);
    const selectable = inForce.instanceWith(instanceId);
    const error = inForce.errorOf(instanceId);
    if (error === null && isNews(selectable.tags, instance)) {
      await this.#noteTags(selectable, onTrouble);
    }
    const { claim } = instance;
    if (claim !== null) {
      const holder = sessions.find(({ sessionId }) => sessionId === claim.sessionId);
      const session = holder?.kind ?? 'maintenance';
      this.#entries.set(instanceId, { state: 'at-work', instanceId, session });
      return;
    }
    // It is not gone: what its tags are, and so which policy it belongs to, is not known.
    if (error !== null) throw error;
    const lastPolicyId = sessions.at(-1)?.policy?.policyId ?? null;
    const belonging = belongingOf(inForce.policies, selectable, lastPolicyId);
    const policy = belonging.kind === 'known' ? belonging.policy : null;
    const circumstances = {
      history: instanceHistory(sessions, instance),
      policy,
      obsolete,
      pointDependency: engine.format.traits.pointDependency,
      during: null,
      now,
      ...(engine.rulesOf === undefined ? {} : { rulesOf: engine.rulesOf }),
    };
    const maintained = {
      nextRemovalAt: nextRemovalAt(circumstances),
      lastTriedAt: lastRetentionAt(sessions),
      policy,
    };
    this.#entries.set(instanceId, {
      state: 'idle',
      instanceId,
      instance: selectable,
      // Nothing goes while it may belong to a policy that cannot be read.
      dueAt:
        belonging.kind === 'known' ? maintenanceDueAt(maintained, now, engine.occurrences) : null,
      policy,
      sessionsSeen: instance.sessions.length,
      hasPoints: circumstances.history.points.length > 0,
      basis,
      lookedAt: now,
    });
  }

  /** What time lets go does not wait for it: only `why` at a moment of the past asks for recorded tags. */
  async #noteTags(instance: SelectableInstance, onTrouble: OnTrouble): Promise<void> {
    const { instanceId } = instance;
    try {
      await this.#parts.claims.noteTags(instance);
      this.#unrecorded.delete(instanceId);
    } catch (error) {
      if (!isSnapledgerError(error)) throw error;
      this.#stale.add(instanceId);
      if (this.#unrecorded.get(instanceId) === error.message) return;
      this.#unrecorded.set(instanceId, error.message);
      onTrouble?.(notRecorded(instanceId, error));
    }
  }
}

type OnTrouble = RunPoliciesRequest['onTrouble'];

function notRecorded(instanceId: InstanceId, error: SnapledgerError): SnapledgerError {
  const { code, message, details, remedy } = error;
  return new SnapledgerError(
    code,
    `the tags of instance '${instanceId}' could not be recorded, which is tried again: ${message}`,
    { cause: error, details, ...(remedy === undefined ? {} : { remedy }) },
  );
}

interface InForce {
  readonly instanceWith: (instanceId: InstanceId) => SelectableInstance;
  /** What keeps the cloud from telling of an instance that is there; null where nothing does. */
  readonly errorOf: (instanceId: InstanceId) => SnapledgerError | null;
  readonly policies: PoliciesInForce;
  readonly basisOf: (instanceId: InstanceId) => string;
  readonly obsolete: ObsoleteRule;
}
