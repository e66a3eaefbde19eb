import type { Command } from 'commander';
import type { SessionSummary, TimestampMs } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatDuration, formatLocalMinute } from '../output/format-time.ts';
import { printResult, warn } from '../output/print.ts';
import { sessionJson } from '../session/session-json.ts';
import { withVault } from '../with-vault.ts';
import { remedyOf } from '../wording/remedies.ts';
import { sessionKindInWords, sessionStatusInWords } from '../wording/session-status.ts';
import { subjectInWords } from '../wording/session-subject.ts';
import { idPrefixOf, instanceIdOf, parsePositiveNumber } from './arguments.ts';
import { examplesText } from './examples.ts';
import { assertInstanceKnown } from './known-instance.ts';

export function addSessionsCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('sessions')
    .summary('show what ran and how it ended')
    .description('Show the sessions of one instance, or of all: what ran and how it ended.')
    .argument('[instance]', 'default: all instances')
    .option('--last <n>', 'only so many, the newest', parsePositiveNumber)
    .option('--before <session>', 'only sessions that began before this one: the page before')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger sessions web-1', meaning: 'the sessions of one instance' },
        { command: 'snapledger sessions --last 20', meaning: 'the newest 20 of all' },
        { command: 'snapledger sessions --json', meaning: 'those of all, for a program' },
      ),
    )
    .action((instance: string | undefined, options: SessionsOptions) =>
      invoke((context) => listSessions(context, instance, options)),
    );
}

interface SessionsOptions {
  readonly last?: number;
  readonly before?: string;
}

async function listSessions(
  context: CliContext,
  instance: string | undefined,
  { last, before }: SessionsOptions,
): Promise<ExitCode> {
  const prefix = before === undefined ? null : idPrefixOf(before);
  const { sessions, unreadable } = await withVault(context, async ({ engine }) => {
    const instanceId = instance === undefined ? undefined : instanceIdOf(instance);
    const found = await engine.listSessions({
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(last === undefined ? {} : { last }),
      ...(prefix === null ? {} : { before: await engine.findSession(prefix) }),
    });
    // What is left of an instance that was removed is shown; a name that never was is refused.
    if (found.length === 0 && instanceId !== undefined)
      await assertInstanceKnown(engine, instanceId);
    return {
      sessions: found,
      unreadable: await engine.unreadableSessions(instanceId === undefined ? {} : { instanceId }),
    };
  });
  await printResult(context, {
    json: sessions.map(sessionJson),
    people: () => {
      if (sessions.length > 0) return sessionTable(sessions, context.now());
      return [
        unreadable.sessions.length > 0 ? 'no sessions that could be read' : 'no sessions yet',
      ];
    },
  });
  for (const { sessionId, error } of unreadable.sessions) {
    const what = `session ${formatId(sessionId)} cannot be read to its end: ${error.message}`;
    await warn(context, what, remedyOf(error));
  }
  if (unreadable.others === 'some') {
    const remedy = 'Mend those that are named; the next ones are named then.';
    await warn(context, 'there are more sessions that cannot be read to their end', remedy);
  }
  return unreadable.sessions.length === 0 ? exitCodes.done : exitCodes.warnings;
}

function sessionTable(sessions: readonly SessionSummary[], now: TimestampMs): readonly string[] {
  return [
    ...formatTable(
      [
        { title: 'SESSION', align: 'left' },
        { title: 'OF', align: 'left' },
        { title: 'WHAT', align: 'left' },
        { title: 'BEGUN', align: 'left' },
        { title: 'TOOK', align: 'right' },
        { title: 'STORED', align: 'right' },
        { title: 'RESULT', align: 'left' },
      ],
      sessions.map((session) => ({
        cells: [
          formatId(session.sessionId),
          subjectInWords(session),
          sessionKindInWords(session),
          formatLocalMinute(session.startedAt),
          took(session, now),
          session.kind === 'backup' ? formatSize(session.bytesStored) : '',
          sessionStatusInWords(session),
        ],
        notes: session.problems.map(({ message }) => message),
      })),
    ),
    ...interruptedFooter(sessions),
  ];
}

/** What brings the interrupted ones to their end: `resume` takes over no run of a policy. */
function interruptedFooter(sessions: readonly SessionSummary[]): readonly string[] {
  const interrupted = sessions.filter(({ condition }) => condition === 'interrupted');
  const hasRuns = interrupted.some(({ kind }) => kind === 'policy-run');
  const hasOthers = interrupted.some(({ kind }) => kind !== 'policy-run');
  const lines = [
    ...(hasOthers ? ["interrupted: 'snapledger resume' brings them to their end"] : []),
    ...(hasRuns ? ["interrupted runs: 'snapledger run' brings them to their end"] : []),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

function took({ condition, startedAt, endedAt }: SessionSummary, now: TimestampMs): string {
  if (endedAt !== null) return formatDuration(endedAt - startedAt);
  return condition === 'at-work' ? formatDuration(Math.max(0, now - startedAt)) : '';
}
