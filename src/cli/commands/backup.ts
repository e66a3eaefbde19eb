import { type Command, Option } from 'commander';
import {
  addPeriod,
  type BackupRequest,
  type CalendarPeriod,
  type Engine,
  type InstanceId,
  type SessionOrigin,
  type TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, worstOf } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { printDone, warn } from '../output/print.ts';
import { ProgressDisplay } from '../session/progress-display.ts';
import { sealExit } from '../session/seal-warning.ts';
import { sessionExit } from '../session/session-exit.ts';
import { endedSessionJson } from '../session/session-json.ts';
import { endInWords, resultInWords, sessionResult } from '../session/session-result.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';
import { instanceIdOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { parsePeriod } from './moments.ts';

interface BackupOptions {
  readonly snapshotOnly?: true;
  readonly full?: true;
  readonly manual?: true;
  readonly expires?: CalendarPeriod;
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
    .addOption(
      new Option(
        '--snapshot-only',
        'take a snapshot set and no restore point, whatever the policy says',
      ).conflicts('full'),
    )
    .option(
      '--full',
      'make a full point: read all that was ever written and store every block anew, so that ' +
        'nothing of it depends on what is stored already',
    )
    .option('--manual', 'outside of every policy: only its own expiry removes what it makes')
    .option(
      '--expires <period>',
      'with --manual: it expires so long from now (30d, 4w, 6m, 1y)',
      parsePeriod,
    )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger backup web-1', meaning: 'back up web-1 by its policy' },
        {
          command: 'snapledger backup web-1 --snapshot-only',
          meaning: 'only a snapshot set, for example before an update',
        },
        {
          command: 'snapledger backup web-1 --full',
          meaning: "a point that shares nothing with older ones: after 'verify' found damage",
        },
        {
          command: 'snapledger backup web-1 --manual --expires 30d',
          meaning: 'a restore point that no policy removes, and that expires in thirty days',
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
  const origin = originOf(options, context.now());
  return withVault(context, async ({ engine }) => {
    await endInterrupted(context, engine, instanceId);
    signal.throwIfAborted();
    const display = new ProgressDisplay(context);
    const session = await engine.startBackup({
      instanceId,
      signal,
      onProgress: (progress) => void display.showSnapshot(progress),
      origin,
      ...requestOf(options),
    });
    const result = await sessionResult(context, engine, session, display);
    const printed = await printDone(context, endInWords(result.summary), {
      json: endedSessionJson(result.summary, result.state),
      people: () => resultInWords(result),
    });
    return worstOf([sessionExit(result.summary), sealExit(result.seal), printed]);
  });
}

function requestOf({ snapshotOnly, full }: BackupOptions): Partial<BackupRequest> {
  return {
    ...(snapshotOnly === true ? { scope: 'snapshot-only' } : {}),
    ...(full === true ? { pointKind: 'full' } : {}),
  };
}

function originOf({ manual, expires }: BackupOptions, now: TimestampMs): SessionOrigin {
  if (manual === true) {
    const expiresAt = expires === undefined ? null : addPeriod(now, expires, 'UTC');
    return { kind: 'manual', expiresAt };
  }
  if (expires === undefined) return { kind: 'on-demand' };
  throw usageError(
    "'--expires' is only for a backup made by hand",
    "give '--manual' as well, or let the policy say how long it stays",
  );
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
