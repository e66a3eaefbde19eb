import type { Command } from 'commander';
import { differencesOf, type ReplayedEvent } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printJsonArray } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { withVault } from '../../with-vault.ts';
import { idPrefixOf, parseWholeNumber } from '../arguments.ts';
import { examplesText } from '../examples.ts';
import { assertRevisionExists, eventLines, jsonEvents } from '../replay.ts';

interface AuditReplayOptions {
  readonly at?: number;
}

export function addAuditReplayCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('replay')
    .summary('show what each event of a session changed')
    .description(
      'Show every event of a session and what of the state of the session was different after it. ' +
        'Nothing is run again: the same events give the same states each time.',
    )
    .argument('<session>', 'the id of the session, or at least its first 4 characters')
    .option('--at <revision>', 'only up to the event with this number', parseWholeNumber)
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger audit replay 3f2a91c4', meaning: 'event by event' },
        {
          command: 'snapledger audit replay 3f2a91c4 --at 4 --json',
          meaning: 'the whole state after each event up to event 4, for a program',
        },
      ),
    )
    .action((session: string, options: AuditReplayOptions) =>
      invoke((context) => replay(context, idPrefixOf(session), options)),
    );
}

function replay(
  context: CliContext,
  prefix: string,
  { at }: AuditReplayOptions,
): Promise<ExitCode> {
  return withVault(context, async ({ engine }) => {
    const sessionId = await engine.findSession(prefix);
    if (at !== undefined) await assertRevisionExists(engine, sessionId, at);
    const events = engine.replay(sessionId, at === undefined ? {} : { at });
    if (context.outputFormat === 'json') await printJsonArray(context, jsonEvents(events));
    else await printChanges(context, events);
    return exitCodes.done;
  });
}

async function printChanges(
  context: CliContext,
  events: AsyncIterable<ReplayedEvent>,
): Promise<void> {
  let before: unknown = {};
  for await (const event of events) {
    const changes = differencesOf(before, event.state).map(
      ({ path, after }) =>
        `      ${path} = ${after === undefined ? '(gone)' : JSON.stringify(after)}`,
    );
    const lines = [...eventLines(event), ...changes.map(printable), ''];
    await context.stdout.write(`${lines.join('\n')}\n`);
    before = event.state;
  }
}
