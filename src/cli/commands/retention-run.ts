import type { Command } from 'commander';
import type { InstanceId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printResult } from '../output/print.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

export function addRetentionRunCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('run')
    .summary('apply retention to an instance now, without a backup')
    .description(
      'Apply retention to an instance now, as a session of its own: what the policy does not keep ' +
        'is removed, and every decision is recorded with its reasons. Works on an instance that was ' +
        "removed, too. 'snapledger retention plan' shows before what it would do.",
    )
    .argument('<instance>', 'the instance')
    .addHelpText(
      'after',
      examplesText({ command: 'snapledger retention run web-1', meaning: 'tidy up web-1' }),
    )
    .action((instance: string) =>
      invoke((context) => runRetention(context, instanceIdOf(instance))),
    );
}

function runRetention(context: CliContext, instanceId: InstanceId): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    const session = await engine.startMaintenance({ instanceId, signal });
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return sessionExit(result.summary);
  });
}
