import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import {
  decidePolicyRun,
  type PolicyRunCommand,
} from '../../domain/policy-run/decide-policy-run.ts';
import { nextPolicyRunStep, type PolicyRunStep } from '../../domain/policy-run/policy-run-step.ts';
import type { PolicyRun, StartedPolicyRun } from '../../domain/policy-run/policy-run.ts';
import { isOpen } from '../../domain/policy/start-window.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import type { InstanceSessions } from './instance-sessions.ts';
import { policyRunAggregate } from './policy-run-aggregate.ts';
import type { InstanceResolver } from './resolve-run.ts';

export interface PolicyRunWork {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly resolve: InstanceResolver;
  readonly sessions: InstanceSessions;
  /** Aborts when the run is to be cancelled; its reason's message is recorded. */
  readonly cancelSignal: AbortSignal;
  /** Aborts when the engine closes: the run stays as it is, for another engine. */
  readonly closeSignal: AbortSignal;
  /** Called after each append. */
  readonly onRecorded: () => void;
}

/**
 * Brings a run to its end: asks for the next step, performs it, records what happened, and again.
 * What it keeps besides the events is only which sessions it follows, and those can be found again.
 *
 * @throws SESSION_FENCED when another engine has taken the run over
 * @throws INTERRUPTED when the engine closes before the run has ended
 */
export async function runPolicy(
  work: PolicyRunWork,
  loaded: Loaded<PolicyRun>,
): Promise<StartedPolicyRun> {
  let current = loaded;
  for (;;) {
    const run = current.state;
    assert(run.status !== 'not-started', 'a run that is at work was started');
    const step = nextPolicyRunStep(run);
    if (step.kind === 'nothing') return run;
    if (work.closeSignal.aborted) throw interrupted(run);
    const command =
      work.cancelSignal.aborted && run.cancellation === null
        ? cancellation(work.cancelSignal)
        : await nextCommand(work, run, step);
    if (command !== null) current = await record(work, current, command);
    if (command?.type === 'StartInstanceSession') {
      assert(current.state.status !== 'not-started', 'a run stays started');
      work.sessions.begin(current.state, command.instanceSessionId);
    }
  }
}

/** Null when there is nothing to record: something else has to be looked at first. */
async function nextCommand(
  work: PolicyRunWork,
  run: StartedPolicyRun,
  step: Exclude<PolicyRunStep, { readonly kind: 'nothing' }>,
): Promise<PolicyRunCommand | null> {
  const { clock, random } = work.engine;
  switch (step.kind) {
    case 'resolve-instances':
      return { type: 'RecordInstances', resolved: await work.resolve(run.policy) };
    case 'start-session':
      if (step.notBefore !== null && clock.now() < step.notBefore) {
        await sleepUntil(work, step.notBefore);
        return null;
      }
      return isWithinWindow(work, run)
        ? { type: 'StartInstanceSession', instanceSessionId: random.uuid() as SessionId }
        : { type: 'ForgoStarts' };
    case 'await-sessions': {
      const { instanceSessionId, status, problem } = await work.sessions.nextEnd(run, step.open);
      return { type: 'RecordInstanceSessionEnd', instanceSessionId, status, problem };
    }
    case 'schedule-retry':
      return { type: 'ScheduleRetry', now: clock.now() };
    case 'end-run':
      return { type: 'EndRun', now: clock.now() };
  }
}

/** What somebody asked for by name starts at once, whatever the window. */
function isWithinWindow({ engine }: PolicyRunWork, run: StartedPolicyRun): boolean {
  const { window, timeZone } = run.policy;
  if (run.trigger.kind === 'on-demand') return true;
  return isOpen(window, timeZone, engine.clock.now(), engine.occurrences);
}

/** Until then, or until the run is cancelled or the engine closes. */
async function sleepUntil(
  { engine, cancelSignal, closeSignal }: PolicyRunWork,
  notBefore: number,
): Promise<void> {
  const signal = AbortSignal.any([cancelSignal, closeSignal]);
  try {
    await engine.clock.sleep(notBefore - engine.clock.now(), signal);
  } catch (error) {
    // The caller looks at the signals before it does anything else.
    if (!signal.aborted) throw error;
  }
}

function cancellation({ reason }: AbortSignal): PolicyRunCommand {
  const given: unknown = reason;
  return { type: 'CancelRun', reason: given instanceof Error ? given.message : 'cancelled' };
}

async function record(
  work: PolicyRunWork,
  loaded: Loaded<PolicyRun>,
  command: PolicyRunCommand,
): Promise<Loaded<PolicyRun>> {
  const events = decidePolicyRun(command, loaded.state);
  try {
    const next = await work.ledger.append(loaded, events, command.type, policyRunAggregate);
    work.onRecorded();
    return next;
  } catch (error) {
    if (!hasErrorCode(error, 'REVISION_CONFLICT')) throw error;
    throw new SnapledgerError('SESSION_FENCED', 'another engine has taken this run over', {
      cause: error,
    });
  }
}

function interrupted({ sessionId }: StartedPolicyRun): SnapledgerError {
  return new SnapledgerError(
    'INTERRUPTED',
    `the engine was closed before run ${sessionId} had ended`,
    { retry: 'retryable', remedy: `'snapledger run' brings it to its end.` },
  );
}
