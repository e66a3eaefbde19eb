import type { Command } from 'commander';
import type { InstanceId, SessionSummary } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes, worstOf } from '../exit-code.ts';
import { printError } from '../output/print-error.ts';
import { printDone } from '../output/print.ts';
import { sealExit } from '../session/seal-warning.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import {
  endInWords,
  type SessionResult,
  resultInWords,
  sessionResult,
} from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addResumeCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('resume')
    .summary('bring interrupted sessions to their end')
    .description(
      'Take over the sessions whose program died (a crash, a power cut, a second Ctrl-C) and ' +
        'bring each to its end: a backup goes on where it was, and nothing is left behind. ' +
        'Sessions that another program works on are left alone.',
    )
    .argument('[instance]', 'default: all instances')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger resume', meaning: 'all interrupted sessions of the vault' },
        { command: 'snapledger resume web-1', meaning: 'those of one instance' },
      ),
    )
    .action((instance: string | undefined) =>
      invoke((context) =>
        resume(context, instance === undefined ? {} : { instanceId: instanceIdOf(instance) }),
      ),
    );
}

function resume(
  context: CliContext,
  filter: { readonly instanceId?: InstanceId },
): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const results: SessionResult[] = [];
    const failures: unknown[] = [];
    for (const session of await engine.resumeInterrupted({ ...filter, signal })) {
      // One that cannot come to its end must not stop the others.
      try {
        results.push(await sessionResult(context, engine, session));
      } catch (error) {
        failures.push(error);
      }
    }
    const ends = results.map(({ summary }) => endInWords(summary));
    const deed = ends.length === 0 ? 'there was nothing to resume' : ends.join('; ');
    const printed = await printDone(context, deed, {
      json: results.map(({ summary, state }) => endedSessionJson(summary, state)),
      people: () =>
        results.length + failures.length === 0
          ? ['nothing to resume']
          : results.flatMap((result) => [...resultInWords(result), '']).slice(0, -1),
    });
    for (const failure of failures.slice(1)) {
      await printError(context, failure, context.outputFormat);
    }
    if (failures.length > 0) throw failures[0];
    const exits = results.flatMap(({ summary, seal }) => [
      resumedExit(summary, signal),
      sealExit(seal),
    ]);
    return worstOf([...exits, printed]);
  });
}

/** A session that was being cancelled when its program died has come to the end it was to have. */
function resumedExit(summary: SessionSummary, signal: AbortSignal): ExitCode {
  if (summary.status === 'cancelled' && !signal.aborted) return exitCodes.done;
  return sessionExit(summary);
}
