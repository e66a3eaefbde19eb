import type { Command } from 'commander';
import type { AuditedSession } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { formatId } from '../../output/format-id.ts';
import { formatTable } from '../../output/format-table.ts';
import { formatLocalMinute } from '../../output/format-time.ts';
import { printResult } from '../../output/print.ts';
import { sessionJson } from '../../session/session-json.ts';
import { withVault } from '../../with-vault.ts';
import { subjectInWords } from '../../wording/session-subject.ts';
import { sessionKindInWords, sessionStatusInWords } from '../../wording/session-status.ts';
import { examplesText } from '../examples.ts';
import {
  addSessionFilterOptions,
  type SessionFilterOptions,
  sessionFilterOf,
} from './session-filter.ts';

export function addAuditSessionsCommand(parent: Command, invoke: Invoke): void {
  addSessionFilterOptions(
    parent
      .command('sessions')
      .summary('show sessions: who began them, how they ended, whether they are sealed')
      .description('Show the sessions that the options let through, oldest first.'),
  )
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger audit sessions --outcome failed', meaning: 'what failed' },
        {
          command: 'snapledger audit sessions --instance web-1 --since 2026-03-01 --json',
          meaning: 'those of one instance since a day, for a program',
        },
      ),
    )
    .action((options: SessionFilterOptions) => invoke((context) => list(context, options)));
}

async function list(context: CliContext, options: SessionFilterOptions): Promise<ExitCode> {
  const filter = sessionFilterOf(options);
  const sessions = await withVault(context, ({ engine }) => engine.audit.sessions(filter));
  await printResult(context, {
    json: sessions.map((session) => ({
      ...sessionJson(session),
      actor: session.actor,
      seal: session.seal,
    })),
    people: () => (sessions.length === 0 ? ['no such sessions'] : tableOf(sessions)),
  });
  return exitCodes.done;
}

const sealInWords: Readonly<Record<AuditedSession['seal'], string>> = {
  sealed: 'yes',
  'sealed-in-part': 'in part',
  'not-sealed': 'not yet',
};

function tableOf(sessions: readonly AuditedSession[]): readonly string[] {
  return formatTable(
    [
      { title: 'SESSION', align: 'left' },
      { title: 'OF', align: 'left' },
      { title: 'WHAT', align: 'left' },
      { title: 'BEGUN', align: 'left' },
      { title: 'BY', align: 'left' },
      { title: 'SEALED', align: 'left' },
      { title: 'RESULT', align: 'left' },
    ],
    sessions.map((session) => ({
      cells: [
        formatId(session.sessionId),
        subjectInWords(session),
        sessionKindInWords(session),
        formatLocalMinute(session.startedAt),
        session.actor,
        sealInWords[session.seal],
        sessionStatusInWords(session),
      ],
      notes: session.problems.map(({ message }) => message),
    })),
  );
}
