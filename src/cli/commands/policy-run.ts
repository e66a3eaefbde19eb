import { type Command, Option } from 'commander';
import {
  isSnapledgerError,
  type PolicyId,
  type Running,
  type RunPoliciesRequest,
  type SessionId,
  type SessionSummary,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes, worstOf } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatLocalClock } from '../output/format-time.ts';
import { printResult, warn } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { finalStateOf } from '../session/final-state.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson, sessionJson } from '../session/session-json.ts';
import { tellReconciled } from '../session/tell-reconciled.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { remedyOf } from '../wording/remedies.ts';
import { eventInWords } from '../wording/session-event.ts';
import { sessionKindInWords, sessionStatusInWords } from '../wording/session-status.ts';
import { stateInWords } from '../wording/session-state.ts';
import { examplesText } from './examples.ts';

export function addPolicyRunCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('run')
    .summary('back up all instances of a policy now')
    .description(
      'Run a policy now, whatever its schedules and its window say: a session for each of its ' +
        'instances, and another try for those that fail. Ctrl-C cancels.',
    )
    .argument('<policy>', 'the name of the policy')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger policy run nightly', meaning: 'run it now' }),
    )
    .action((policy: string) => invoke((context) => runNow(context, policy as PolicyId)));
}

interface RunOptions {
  readonly once?: true;
  readonly reconcile?: RunPoliciesRequest['reconcile'];
}

export function addRunCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('run')
    .summary('run the policies at their times')
    .description(
      'Run every policy at its times, until it is stopped. Runs that were missed while nothing ' +
        'ran are made up for, and runs whose program died are brought to their end. What time ' +
        'alone lets go (an age, a lock or an expiry that is over) is removed within about a day ' +
        'also where no backup does it. Ctrl-C: ' +
        'nothing more is begun, and the sessions under way come to their end; a run that only ' +
        "waits to try failed instances again is left to the next 'snapledger run'. A second Ctrl-C " +
        'stops at once, and the next one goes on where this one was.',
    )
    .option('--once', 'begin what is due now, and stop when that has ended')
    .addOption(
      new Option(
        '--reconcile <mode>',
        'of a vault on EC2, every few hours: adopt what is whole in AWS and not in the record, and tell what ' +
          "is left over (adopt; default), remove that too as 'snapledger reconcile --yes' does, only tell of all (plan), or look at nothing (off); not with '--once', which does not look",
      ).choices(['adopt', 'remove', 'plan', 'off']),
    )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger run', meaning: 'as a service' },
        { command: 'snapledger run --once', meaning: 'from a timer of the system' },
      ),
    )
    .action((options: RunOptions) => invoke((context) => runAll(context, options)));
}

function runNow(context: CliContext, policyId: PolicyId): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const run = await engine.startPolicyRun({ policyId, signal });
    await follow(context, run, policyId);
    const summary = await run.ended;
    const state = await finalStateOf(engine, run.sessionId);
    await printResult(context, {
      json: endedSessionJson(summary, state),
      people: () => [
        `run of policy ${policyId}: ${sessionStatusInWords(summary)}`,
        ...stateInWords(state).map((line) => `  ${line}`),
      ],
    });
    return sessionExit(summary);
  });
}

/** A service runs for years: its result names the last so many sessions. */
const resultsMax = 100;

async function runAll(context: CliContext, { once, reconcile }: RunOptions): Promise<ExitCode> {
  const { signal } = context;
  const isLooking = reconcile !== undefined && reconcile !== 'off';
  if (once === true && isLooking) {
    throw usageError(
      "'--once' looks at nothing that is left over in AWS",
      "leave '--reconcile' out, and give 'snapledger reconcile' a timer of its own",
    );
  }
  return await withVault(context, async ({ engine, cloud }) => {
    if (cloud.kind === 'local' && isLooking) {
      throw usageError(
        'there is nothing to reconcile: the cloud of this vault is that of this machine',
        "leave '--reconcile' out",
      );
    }
    const ended: SessionSummary[] = [];
    /** Of sessions that could not come to their end: one may be gone on with, and end later. */
    const failures = new Map<SessionId, unknown>();
    /** Runs that wait to try failed instances again, and were left to the next engine. */
    const waiting = new Map<SessionId, string>();
    const underWay = new Set<Promise<void>>();
    const followToItsEnd = async (session: Running, subject: string): Promise<void> => {
      const { sessionId } = session;
      try {
        await follow(context, session, subject);
        ended.push(await session.ended);
        failures.delete(sessionId);
      } catch (error) {
        if (signal.aborted && isSnapledgerError(error) && error.code === 'INTERRUPTED') {
          failures.delete(sessionId);
          waiting.set(sessionId, `${error.message}; 'snapledger run' goes on with it`);
          return;
        }
        const isFirst = !failures.has(sessionId);
        failures.set(sessionId, error);
        // With --once it is the error that the command ends with.
        if (isFirst && once !== true) await warnOf(context, `${subject}: `, error);
      }
      if (ended.length > resultsMax) ended.shift();
      const [oldest] = failures.keys();
      if (failures.size > resultsMax && oldest !== undefined) failures.delete(oldest);
    };
    const begin = (session: Running, subject: string): void => {
      const following = followToItsEnd(session, subject).finally(() => underWay.delete(following));
      underWay.add(following);
    };
    await engine.runPolicies({
      until: once === true ? 'none-due' : 'aborted',
      signal,
      ...(reconcile === undefined ? {} : { reconcile }),
      onReconciled: (region) => void tellReconciled(context, region, reconcile),
      onRun: (run) => {
        begin(run, run.policyId);
      },
      onMaintenance: (session) => {
        begin(session, session.instanceId);
      },
      onTrouble: (error) => {
        const isLookedForAgain = error.retry === 'retryable';
        const what = isLookedForAgain
          ? 'what is due cannot be seen, and is looked for again: '
          : '';
        void warnOf(context, what, error);
      },
    });
    await Promise.all(underWay);
    if (failures.size > 0) throw failures.values().next().value;
    await printResult(context, {
      json: ended.map(sessionJson),
      people: () => {
        const lines = [...ended.map(resultInWords), ...waiting.values()];
        return lines.length === 0 ? ['nothing was due'] : lines;
      },
    });
    return worstOf(ended.map(exitOf));
  });
}

/** As it happens: a service may run for months after it. */
async function warnOf(context: CliContext, what: string, error: unknown): Promise<void> {
  const known = isSnapledgerError(error) ? error : null;
  const message = known?.message ?? String(error);
  await warn(context, `${what}${message}`, remedyOf(known));
}

function resultInWords(summary: SessionSummary): string {
  const { sessionId, policyId, instanceId } = summary;
  const subject = instanceId === null ? `policy ${policyId ?? ''}` : `instance ${instanceId}`;
  return `${sessionKindInWords(summary)} ${formatId(sessionId)} of ${subject}: ${sessionStatusInWords(summary)}`;
}

function exitOf({ status }: SessionSummary): ExitCode {
  if (status === 'succeeded') return exitCodes.done;
  return status === 'failed' ? exitCodes.failed : exitCodes.warnings;
}

/** What happens in a session, a line for each event, as it happens. */
async function follow({ stderr }: CliContext, session: Running, subject: string): Promise<void> {
  for await (const { event, recordedAt } of session.events()) {
    const line = `${formatLocalClock(recordedAt)}  ${subject}: ${eventInWords(event)}`;
    await stderr.write(`${printable(line)}\n`);
  }
}
