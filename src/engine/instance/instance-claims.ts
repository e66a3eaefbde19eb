import { decideInstance, type InstanceCommand } from '../../domain/instance/decide-instance.ts';
import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import {
  type Claim,
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../domain/instance/instance-state.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, InstanceId, SessionId } from '../../domain/identifiers.ts';
import { instanceCatalogue } from '../ledger/event-catalogues.ts';
import { instanceStream, streamPrefixes } from '../ledger/stream-names.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { instanceAggregate } from './instance-aggregate.ts';

/** Conflicts with other engines that one command survives by looking again. */
const conflictsMax = 10;

export interface OpenSession {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
}

/** Who may work on an instance: one session at a time, decided by the instance's stream. */
export class InstanceClaims {
  readonly #ledger: Ledger;
  readonly #engineId: EngineId;

  constructor(ledger: Ledger, engineId: EngineId) {
    this.#ledger = ledger;
    this.#engineId = engineId;
  }

  async stateOf(instanceId: InstanceId): Promise<InstanceState> {
    return (await this.#load(instanceId)).state;
  }

  /** The sessions that hold an instance; `only` narrows it to one instance. */
  async openSessions(only?: InstanceId): Promise<readonly OpenSession[]> {
    const states = new Map<string, InstanceState>();
    const entries = this.#ledger.entriesOfAll<InstanceEvent>(
      only === undefined ? streamPrefixes.instance : instanceStream(only),
      instanceCatalogue,
    );
    for await (const { event, record } of entries) {
      const state = states.get(record.stream) ?? initialInstance;
      states.set(record.stream, evolveInstance(state, event));
    }
    return [...states].flatMap(([stream, { claim }]) => {
      const instanceId = stream.slice(streamPrefixes.instance.length) as InstanceId;
      const isWanted = only === undefined || instanceId === only;
      return claim === null || !isWanted ? [] : [{ instanceId, sessionId: claim.sessionId }];
    });
  }

  /** @throws INSTANCE_BUSY */
  async claim(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    const engineId = this.#engineId;
    await this.#decide(instanceId, { type: 'ClaimSession', instanceId, sessionId, engineId });
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
    await this.#decide(instanceId, command, ({ claim }) => {
      if (claim?.sessionId === sessionId && claim.engineId === dead.engineId) return;
      throw new SnapledgerError(
        'SESSION_FENCED',
        `session ${sessionId} was taken over by another engine`,
      );
    });
  }

  async release(instanceId: InstanceId, sessionId: SessionId): Promise<void> {
    await this.#decide(instanceId, { type: 'ReleaseSession', sessionId });
  }

  #load(instanceId: InstanceId): Promise<Loaded<InstanceState>> {
    return this.#ledger.load(instanceStream(instanceId), instanceAggregate);
  }

  async #decide(
    instanceId: InstanceId,
    command: InstanceCommand,
    check?: (state: InstanceState) => void,
  ): Promise<void> {
    for (let conflicts = 0; ; conflicts += 1) {
      const loaded = await this.#load(instanceId);
      // Each time: what was true before a conflict may have been what the conflict changed.
      check?.(loaded.state);
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
