import {
  decideInstance,
  type InstanceCommand,
  type SessionPurpose,
} from '../../domain/instance/decide-instance.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import {
  type Claim,
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../domain/instance/instance-state.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { WithheldItem } from '../../domain/instance/hold.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import { instanceStream, streamPrefixes } from '../ledger/stream-names.ts';
import type { Ledger, Loaded, SensitiveReading } from '../ledger/ledger.ts';
import { instanceAggregate } from './instance-aggregate.ts';

/** Conflicts with other engines that one command survives by looking again. */
const conflictsMax = 10;

/** An instance of which what is recorded cannot be read: a newer version wrote it, or it is damaged. */
export interface UnreadableInstance {
  readonly instanceId: InstanceId;
  readonly error: SnapledgerError;
}

interface InstanceStates {
  readonly states: ReadonlyMap<InstanceId, InstanceState>;
  readonly unreadable: readonly UnreadableInstance[];
}

/** Who may work on an instance: one session at a time, decided by the instance's stream. */
export class InstanceClaims {
  readonly #ledger: Ledger;
  readonly #engineId: EngineId;

  constructor(ledger: Ledger, engineId: EngineId) {
    this.#ledger = ledger;
    this.#engineId = engineId;
  }

  /** @param sensitive default: its tags and the notes of its holds are left sealed */
  async stateOf(
    instanceId: InstanceId,
    sensitive: SensitiveReading = 'left',
  ): Promise<InstanceState> {
    return (await this.#load(instanceId, sensitive)).state;
  }

  /** Every instance of which the ledger has anything, also what cannot be read. */
  async recorded(): Promise<readonly InstanceId[]> {
    const { streams } = await this.#ledger.streamsChanged(streamPrefixes.instance, null);
    return [...streams].map(instanceOf);
  }

  /** What the ledger has of every instance that ever had a session; `sensitive` as in `stateOf`. */
  async states(sensitive: SensitiveReading = 'left'): Promise<InstanceStates> {
    const states = new Map<InstanceId, InstanceState>();
    const unreadable: UnreadableInstance[] = [];
    const entries = this.#ledger.readableEntriesOfAll<InstanceEvent>(
      streamPrefixes.instance,
      instanceCatalogue,
      { sensitive },
    );
    for await (const entry of entries) {
      if (entry.kind === 'unreadable') {
        const instanceId = instanceOf(entry.stream);
        states.delete(instanceId);
        unreadable.push({ instanceId, error: entry.error });
        continue;
      }
      const instanceId = instanceOf(entry.record.stream);
      const state = states.get(instanceId) ?? initialInstance;
      states.set(instanceId, evolveInstance(state, entry.event));
    }
    return { states, unreadable };
  }

  /** @throws INSTANCE_BUSY; INSTANCE_FORGOTTEN for a backup */
  async claim(
    { instanceId, tags }: SelectableInstance,
    sessionId: SessionId,
    purpose: SessionPurpose,
  ): Promise<void> {
    const engineId = this.#engineId;
    const claimed = { instanceId, sessionId, engineId, purpose, tags } as const;
    await this.decide(instanceId, { type: 'ClaimSession', ...claimed });
  }

  /** Records the tags that an instance has now, if it ever had a session and they are other ones. */
  async noteTags({ instanceId, tags }: SelectableInstance): Promise<void> {
    await this.decide(instanceId, { type: 'NoteTags', tags });
  }

  /**
   * Claims it for maintenance that is wanted only if no other has been there since it was looked at.
   *
   * @param sessionsSeen how many sessions it had had then
   * @throws INSTANCE_BUSY; REVISION_CONFLICT when it has had another one
   */
  async claimAsSeen(
    { instanceId, tags }: SelectableInstance,
    sessionId: SessionId,
    sessionsSeen: number,
  ): Promise<void> {
    const engineId = this.#engineId;
    const purpose = 'maintenance';
    const claimed = { instanceId, sessionId, engineId, purpose, tags } as const;
    const command = { type: 'ClaimSession', ...claimed } as const;
    await this.decide(instanceId, command, ({ sessions }) => {
      if (sessions.length === sessionsSeen) return;
      throw new SnapledgerError(
        'REVISION_CONFLICT',
        `instance '${instanceId}' has had another session since it was looked at`,
      );
    });
  }

  /**
   * Only for a claim whose engine is known to be dead.
   *
   * @throws SESSION_FENCED when that claim holds no more: a living engine was faster
   */
  async takeOver(instanceId: InstanceId, dead: Claim): Promise<void> {
    const { sessionId } = dead;
    const engineId = this.#engineId;
    const command = { type: 'TakeOverSession', instanceId, sessionId, engineId } as const;
    await this.decide(instanceId, command, ({ claim }) => {
      if (claim?.sessionId === sessionId && claim.engineId === dead.engineId) return;
      throw new SnapledgerError(
        'SESSION_FENCED',
        `session ${sessionId} was taken over by another engine`,
      );
    });
  }

  async release(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    await this.decide(instanceId, { type: 'ReleaseSession', sessionId });
  }

  /** @throws SESSION_FENCED when the session does not hold the instance any more */
  async beginRemovals(
    { instanceId, sessionId }: { readonly instanceId: InstanceId; readonly sessionId: SessionId },
    items: readonly ItemRef[],
    now: TimestampMs,
  ): Promise<readonly WithheldItem[]> {
    await this.decide(instanceId, { type: 'BeginRemovals', sessionId, items, now });
    const { removals } = await this.stateOf(instanceId);
    if (removals?.sessionId === sessionId) return removals.withheld;
    throw new SnapledgerError(
      'SESSION_FENCED',
      `session ${sessionId} was ended by another engine before it removed anything`,
    );
  }

  #load(instanceId: InstanceId, sensitive: SensitiveReading): Promise<Loaded<InstanceState>> {
    return this.#ledger.load(instanceStream(instanceId), instanceAggregate, { sensitive });
  }

  /**
   * Records what the command leads to. `check` is asked after the stream was loaded, and again after
   * each conflict: what it finds then still holds when the command is recorded.
   *
   * @throws as `decideInstance`, and what `check` throws
   */
  async decide(
    instanceId: InstanceId,
    command: InstanceCommand,
    check?: (state: InstanceState) => void | Promise<void>,
  ): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      const loaded = await this.#load(instanceId, neededBy(command));
      await check?.(loaded.state);
      const events = decideInstance(command, loaded.state);
      try {
        await this.#ledger.append(loaded, events, command.type, instanceAggregate);
        return;
      } catch (error) {
        if (!hasErrorCode(error, 'REVISION_CONFLICT') || conflicts >= conflictsMax) throw error;
      }
    }
  }
}

/** Tags are compared with those that were recorded last; nothing else goes by what is sensitive. */
function neededBy({ type }: InstanceCommand): SensitiveReading {
  return type === 'ClaimSession' || type === 'NoteTags' ? 'opened' : 'left';
}

/** The instance that a stream is of. */
export function instanceOf(stream: string): InstanceId {
  return stream.slice(streamPrefixes.instance.length) as InstanceId;
}
