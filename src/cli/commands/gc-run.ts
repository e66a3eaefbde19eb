import type { Command } from 'commander';
import type { SessionId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { collectText } from './arguments.ts';
import { examplesText } from './examples.ts';

interface GcRunOptions {
  readonly fence?: readonly string[];
}

export function addGcRunCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('run')
    .summary('remove what no restore point needs any more')
    .description(
      'Remove the data that no restore point needs any more, such as that of points which ' +
        'retention has removed, as a session of its own. Backups, restores and other collections ' +
        'may run at the same time. Only whole objects go: one of which a single block is needed ' +
        "stays ('snapledger gc repack' moves it). A restore of a point that is removed meanwhile can miss data, and says so.",
    )
    .option(
      '--fence <session>',
      'end this open session first, by its whole id; it can make no point then (repeatable)',
      collectText,
    )
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger gc run', meaning: 'free the space of removed points' }),
    )
    .action((options: GcRunOptions) => invoke((context) => runCollection(context, options)));
}

function runCollection(context: CliContext, { fence = [] }: GcRunOptions): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const request = { fence: fence.map((id) => id as SessionId), signal };
    const session = await engine.startCollection(request);
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return sessionExit(result.summary);
  });
}
