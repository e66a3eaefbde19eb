import type { Command } from 'commander';
import type { Engine, InstanceId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, worstOf } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { printResult, warn } from '../output/print.ts';
import { sealExit } from '../session/seal-warning.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { resultInWords, sessionResult } from '../session/session-result.ts';
import { withVault } from '../with-vault.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';

interface BackupOptions {
  readonly snapshotOnly?: true;
}

export function addBackupCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('backup')
    .summary('back up an instance now')
    .description(
      'Back up an instance by its policy: take a snapshot set and, with image-level backup on, ' +
        'copy what is new to the repository as a restore point. Then retention removes the ' +
        'snapshot sets that the policy does not keep.\n\n' +
        'A session of the instance that was interrupted is brought to its end first. Ctrl-C ' +
        'cancels: what was begun is cleaned up, and the session is recorded as cancelled.',
    )
    .argument('<instance>', 'the instance to back up')
    .option('--snapshot-only', 'take a snapshot set and no restore point, whatever the policy says')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger backup web-1', meaning: 'back up web-1 by its policy' },
        {
          command: 'snapledger backup web-1 --snapshot-only',
          meaning: 'only a snapshot set, for example before an update',
        },
      ),
    )
    .action((instance: string, options: BackupOptions) =>
      invoke((context) => backup(context, instanceIdOf(instance), options)),
    );
}

function backup(
  context: CliContext,
  instanceId: InstanceId,
  options: BackupOptions,
): Promise<ExitCode> {
  const { signal } = context;
  return withVault(context, async ({ engine }) => {
    await endInterrupted(context, engine, instanceId);
    signal.throwIfAborted();
    const scope = options.snapshotOnly === true ? ({ scope: 'snapshot-only' } as const) : {};
    const session = await engine.startBackup({ instanceId, signal, ...scope });
    const result = await sessionResult(context, engine, session);
    await printResult(context, {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return worstOf([sessionExit(result.summary), sealExit(result.seal)]);
  });
}

/** How the interrupted session ends is said, but is not the result of this command. */
async function endInterrupted(
  context: CliContext,
  engine: Engine,
  instanceId: InstanceId,
): Promise<void> {
  const { signal } = context;
  for (const session of await engine.resumeInterrupted({ instanceId, signal })) {
    const id = formatId(session.sessionId);
    await warn(
      context,
      `session ${id} of ${instanceId} was interrupted`,
      'it is brought to its end first',
    );
    const { summary } = await sessionResult(context, engine, session);
    if (summary.status === 'succeeded') continue;
    await warn(
      context,
      `the interrupted session ${id} ended as: ${sessionStatusInWords(summary)}`,
      `'snapledger replay ${id}' shows what happened`,
    );
  }
}
