import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import {
  decidePolicyRun,
  type PolicyRunCommand,
} from '../../domain/policy-run/decide-policy-run.ts';
import type { InstanceAttempt } from '../../domain/policy-run/policy-run-events.ts';
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
  /** Once aborted, nothing is waited for that is only to be tried again: the run stays as it is. */
  readonly stopSignal: AbortSignal;
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
 * @throws INTERRUPTED when the engine closes before the run has ended, or stops while it waits for a retry
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
        if (!work.stopSignal.aborted) {
          await sleepUntil(work, step.notBefore);
          return null;
        }
        if (run.open.length === 0) throw waiting(run, step.notBefore);
        return sessionEnd(work, run, run.open);
      }
      return isWithinWindow(work, run)
        ? { type: 'StartInstanceSession', instanceSessionId: random.uuid() as SessionId }
        : { type: 'ForgoStarts' };
    case 'await-sessions':
      return sessionEnd(work, run, step.open);
    case 'schedule-retry':
      return { type: 'ScheduleRetry', now: clock.now() };
    case 'end-run':
      return { type: 'EndRun', now: clock.now() };
  }
}

async function sessionEnd(
  { sessions }: PolicyRunWork,
  run: StartedPolicyRun,
  open: readonly InstanceAttempt[],
): Promise<PolicyRunCommand> {
  const { instanceSessionId, status, problem } = await sessions.nextEnd(run, open);
  return { type: 'RecordInstanceSessionEnd', instanceSessionId, status, problem };
}

/** What somebody asked for by name starts at once, whatever the window. */
function isWithinWindow({ engine }: PolicyRunWork, run: StartedPolicyRun): boolean {
  const { window, timeZone } = run.policy;
  if (run.trigger.kind === 'on-demand') return true;
  return isOpen(window, timeZone, engine.clock.now(), engine.occurrences);
}

/** Until then, or until the run is cancelled or to be left, or the engine closes. */
async function sleepUntil(
  { engine, cancelSignal, stopSignal, closeSignal }: PolicyRunWork,
  notBefore: number,
): Promise<void> {
  const signal = AbortSignal.any([cancelSignal, stopSignal, closeSignal]);
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

function waiting({ sessionId, policy }: StartedPolicyRun, notBefore: number): SnapledgerError {
  return new SnapledgerError(
    'INTERRUPTED',
    `run ${sessionId} of policy '${policy.policyId}' waits to try again at ${new Date(notBefore).toISOString()}`,
    {
      retry: 'retryable',
      remedy: `'snapledger run' goes on with it.`,
      details: { sessionId, policyId: policy.policyId, notBefore },
    },
  );
}

function interrupted({ sessionId }: StartedPolicyRun): SnapledgerError {
  return new SnapledgerError(
    'INTERRUPTED',
    `the engine was closed before run ${sessionId} had ended`,
    { retry: 'retryable', remedy: `'snapledger run' brings it to its end.` },
  );
}
