import { assert } from '../../domain/errors/assert.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../domain/restore-session/restore-events.ts';
import type {
  RestoreSession,
  StartedRestore,
} from '../../domain/restore-session/restore-session.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { instanceStream } from '../ledger/stream-names.ts';
import { problemOf } from '../problem-of.ts';
import { putBackVolumes } from './exchange-steps.ts';
import { exchangesOf } from './plan-original-restore.ts';
import { restoreAggregate } from './restore-aggregate.ts';
import { removeRestored, type RestoreRegion } from './remove-restored.ts';
import type { RestoreSteps } from './restore-steps.ts';

export interface RestoreRun {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly steps: RestoreSteps;
  /** Where it makes something in the cloud; null: it does not. */
  readonly region: RestoreRegion | null;
  /** Aborts when the restore is cancelled or the engine closes. */
  readonly signal: AbortSignal;
  readonly onRecorded: () => void;
}

/** Performs step after step, and records how it ended. */
export async function runRestore(
  { engine, ledger, steps, region, signal, onRecorded }: RestoreRun,
  loaded: Loaded<RestoreSession>,
): Promise<StartedRestore> {
  let current = loaded;
  const record = async (events: readonly RestoreSessionEvent[]): Promise<void> => {
    const cause = events.map(({ type }) => type).join(' ');
    current = await ledger.append(current, events, cause, restoreAggregate);
    onRecorded();
  };

  /** What an exchange of volumes has changed; gives what it could not. */
  const putBack = async (cause: Problem): Promise<readonly Problem[]> => {
    const { exchange, sessionId, instanceId } = started(current.state);
    if (exchange === null) return [];
    const owner = { sessionId, instanceId };
    const steps = putBackVolumes({ exchanges: exchangesOf(engine), owner }, exchange, cause);
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
      await record(step.value);
    }
  };

  // What cannot be recorded ends nothing: the record may have come through, and the volume with it be
  // its user's. The session stays open, and whoever resumes it goes by what is recorded.
  // When this fails the session stays open: whoever resumes it tries again.
  const giveUp = async (problem: Problem): Promise<StartedRestore> => {
    const left = await putBack(problem);
    if (region !== null) await removeRestored(engine, region, started(current.state));
    await record([unfinished(problem, signal, left, engine)]);
    return started(current.state);
  };

  const cause = started(current.state).exchange?.cause ?? null;
  if (cause !== null) return giveUp(cause);
  for (;;) {
    let step: Awaited<ReturnType<RestoreSteps['next']>>;
    try {
      step = await steps.next();
    } catch (error) {
      return giveUp(problemOf(error));
    }
    const state = started(current.state);
    if (step.done === true) {
      await record([endOfWhole(state, step.value, engine.clock.now())]);
      return started(current.state);
    }
    await record(await recordable(ledger, state, step.value));
  }
}

/**
 * Where a volume was restored to, and what an instance is launched with, is not worth a restore: if there is no
 * key to seal that with, and none can be made (in a repository that can only be read), it is left out of the
 * record.
 */
async function recordable(
  ledger: Ledger,
  { instanceId }: StartedRestore,
  events: readonly RestoreSessionEvent[],
): Promise<readonly RestoreSessionEvent[]> {
  if (events.every((event) => withoutSensitive(event) === event)) return events;
  const problem = await ledger.sealingProblem(instanceStream(instanceId));
  return problem === null ? events : events.map(withoutSensitive);
}

function withoutSensitive(event: RestoreSessionEvent): RestoreSessionEvent {
  switch (event.type) {
    case 'VolumeRestored':
      return { ...event, data: { ...event.data, location: null } };
    case 'RestoreInstanceRequested':
      return { ...event, data: { ...event.data, configuration: null } };
    case 'RestoreStarted':
    case 'RestoreVolumeRequested':
    case 'InstanceRestored':
    case 'OriginalRestoreRequested':
    case 'VolumeExchangeRequested':
    case 'InstanceStopped':
    case 'VolumeExchanged':
    case 'PutBackRequested':
    case 'VolumePutBack':
    case 'InstanceStarted':
    case 'RestoreTakenOver':
    case 'RestoreConfirmed':
    case 'KeptVolumeRemoved':
    case 'RestoreCompleted':
    case 'RestoreFailed':
    case 'RestoreCancelled':
      return event;
  }
}

/**
 * How a restore ends of which every volume is recorded.
 *
 * @param warnings what it has left behind
 */
export function endOfWhole(
  state: StartedRestore,
  warnings: readonly Problem[],
  endedAt: TimestampMs,
): RestoreSessionEvent {
  const damage = damageOf(state);
  if (damage === null) return { type: 'RestoreCompleted', data: { warnings, endedAt } };
  const message = [damage, ...warnings].map((one) => one.message).join('; ');
  return { type: 'RestoreFailed', data: { problem: { ...damage, message }, endedAt } };
}

/** @param left what could not be put back to where it was */
function unfinished(
  problem: Problem,
  signal: AbortSignal,
  left: readonly Problem[],
  { clock }: EngineContext,
): RestoreSessionEvent {
  const endedAt = clock.now();
  const withLeft = (message: string): string =>
    [message, ...left.map((one) => one.message)].join('; ');
  if (signal.aborted) {
    const reason = signal.reason instanceof Error ? signal.reason.message : 'cancelled';
    return { type: 'RestoreCancelled', data: { reason: withLeft(reason), endedAt } };
  }
  const data = { problem: { ...problem, message: withLeft(problem.message) }, endedAt };
  return { type: 'RestoreFailed', data };
}

function damageOf({ restored }: StartedRestore): Problem | null {
  const damaged = restored.filter(({ bytesDamaged }) => bytesDamaged > 0);
  if (damaged.length === 0) return null;
  const places = damaged.map(({ device, bytesDamaged }) => `${bytesDamaged} bytes of ${device}`);
  return {
    code: 'POINT_DAMAGED',
    message: `what is stored is damaged: ${places.join(', ')}; everything else was restored`,
  };
}

function started(state: RestoreSession): StartedRestore {
  assert(state.status !== 'not-started', 'a restore that runs was started');
  return state;
}
