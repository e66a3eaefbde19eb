import type { Command } from 'commander';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { restoreResult } from '../session/restore-result.ts';
import { withVault } from '../with-vault.ts';
import { idPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { refuseOptionsAbove } from './own-options.ts';

interface UndoOptions {
  readonly stop?: true;
}

export function addRestoreUndoCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('undo')
    .summary('bring the volumes back that a restore to the original place has kept')
    .description(
      'Exchange the volumes of a restore to the original place with those that it has kept. The ' +
        'restored ones are kept then, detached, until that is confirmed or undone in its turn.',
    )
    .argument('<session>', 'the id of the restore, or at least its first 4 characters')
    .option('--stop', 'stop the instance if it runs, and start it again')
    .addHelpText(
      'after',
      examplesText({
        command: 'snapledger restore undo 7c1d20aa --stop',
        meaning: 'the instance gets its own volumes back',
      }),
    )
    .action((session: string, _: unknown, command: Command) =>
      invoke((context) => {
        refuseOptionsAbove(command, ['stop']);
        return undo(context, session, command.optsWithGlobals<UndoOptions>());
      }),
    );
}

function undo(context: CliContext, session: string, { stop }: UndoOptions): Promise<ExitCode> {
  const prefix = idPrefixOf(session);
  return withVault(context, async ({ engine }) => {
    const sessionId = await engine.findSession(prefix);
    const running = stop === true ? 'stop' : 'refuse';
    const undoing = await engine.undoRestore({ sessionId, running, signal: context.signal });
    return restoreResult(context, engine, undoing);
  });
}
