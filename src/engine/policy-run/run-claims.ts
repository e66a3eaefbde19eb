import type { EngineId, PolicyId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { ScheduleEvent } from '../../domain/policy-run/schedule-events.ts';
import {
  decideSchedule,
  evolveSchedule,
  initialSchedule,
  type RunClaim,
  type ScheduleCommand,
  type ScheduleState,
} from '../../domain/policy-run/schedule-state.ts';
import { scheduleCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate, Ledger, Loaded } from '../ledger/ledger.ts';
import { scheduleStream } from '../ledger/stream-names.ts';

const scheduleAggregate: Aggregate<ScheduleState, ScheduleEvent> = {
  catalogue: scheduleCatalogue,
  initial: initialSchedule,
  evolve: evolveSchedule,
};

/** Which run of a policy may be at work: one at a time, decided by the stream of its schedule. */
export class RunClaims {
  readonly #ledger: Ledger;
  readonly #engineId: EngineId;

  constructor(ledger: Ledger, engineId: EngineId) {
    this.#ledger = ledger;
    this.#engineId = engineId;
  }

  load(policyId: PolicyId): Promise<Loaded<ScheduleState>> {
    return this.#ledger.load(scheduleStream(policyId), scheduleAggregate);
  }

  /**
   * Claims a run on the schedule as it was looked at.
   *
   * @throws POLICY_BUSY; REVISION_CONFLICT when another engine was faster
   */
  async claim(
    loaded: Loaded<ScheduleState>,
    run: {
      readonly policyId: PolicyId;
      readonly sessionId: SessionId;
      readonly coveredUntil: TimestampMs | null;
    },
  ): Promise<void> {
    await this.#append(loaded, { type: 'ClaimRun', engineId: this.#engineId, ...run });
  }

  /** @throws SESSION_FENCED, REVISION_CONFLICT when another engine was faster */
  async takeOver(loaded: Loaded<ScheduleState>, dead: RunClaim): Promise<void> {
    await this.#append(loaded, { type: 'TakeOverRun', dead, engineId: this.#engineId });
  }

  async release(policyId: PolicyId, sessionId: SessionId): Promise<void> {
    await this.#append(await this.load(policyId), { type: 'ReleaseRun', sessionId });
  }

  async abandon(policyId: PolicyId, sessionId: SessionId): Promise<void> {
    await this.#append(await this.load(policyId), { type: 'AbandonRun', sessionId });
  }

  async #append(loaded: Loaded<ScheduleState>, command: ScheduleCommand): Promise<void> {
    const events = decideSchedule(command, loaded.state);
    await this.#ledger.append(loaded, events, command.type, scheduleAggregate);
  }
}
