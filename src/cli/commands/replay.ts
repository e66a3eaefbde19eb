import type { Command } from 'commander';
import type { Engine, ReplayedEvent, SessionId } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatLocalTime } from '../output/format-time.ts';
import { printJsonArray } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { eventInWords } from '../wording/session-event.ts';
import { stateInWords } from '../wording/session-state.ts';
import { stepInWords } from '../wording/steps.ts';
import { idPrefixOf, parseWholeNumber } from './arguments.ts';
import { examplesText } from './examples.ts';

interface ReplayOptions {
  readonly at?: number;
}

export function addReplayCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('replay')
    .summary('show every event of a session, and the state after it')
    .description(
      'Show every event of a session as it was recorded, what came next after it, and the state ' +
        'that the session is in after the last one shown. Nothing is run again.',
    )
    .argument('<session>', 'the id of the session, or at least its first 4 characters')
    .option('--at <revision>', 'only up to the event with this number', parseWholeNumber)
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger replay 3f2a91c4', meaning: 'the whole session' },
        { command: 'snapledger replay 3f2a91c4 --at 4', meaning: 'its state after event 4' },
        {
          command: 'snapledger replay 3f2a91c4 --json',
          meaning: 'an array of events, each with the state after it, for a program',
        },
      ),
    )
    .action((session: string, options: ReplayOptions) =>
      invoke((context) => replay(context, idPrefixOf(session), options)),
    );
}

function replay(context: CliContext, prefix: string, options: ReplayOptions): Promise<ExitCode> {
  return withVault(context, async ({ engine }) => {
    const sessionId = await engine.findSession(prefix);
    const { at } = options;
    if (at !== undefined) await assertRevisionExists(engine, sessionId, at);
    const events = engine.replay(sessionId, at === undefined ? {} : { at });
    if (context.outputFormat === 'json') await printJsonArray(context, jsonEvents(events));
    else await printEvents(context, sessionId, events);
    return exitCodes.done;
  });
}

/**
 * Looks before anything is printed: a list that breaks off with an error is neither.
 *
 * @throws INVALID_ARGUMENT when the session has no event with this number
 */
export async function assertRevisionExists(
  engine: Engine,
  sessionId: SessionId,
  at: number,
): Promise<void> {
  let last = -1;
  for await (const { revision } of engine.replay(sessionId, { at })) last = revision;
  if (last === at) return;
  throw usageError(`the session has no event ${at}`, `its last one is ${last}`);
}

/** As `--json` shows them. */
export async function* jsonEvents(events: AsyncIterable<ReplayedEvent>): AsyncIterable<object> {
  for await (const { event, sessionId, revision, ...rest } of events) {
    yield { id: `${sessionId}/${revision}`, sessionId, revision, ...event, ...rest };
  }
}

async function printEvents(
  context: CliContext,
  sessionId: SessionId,
  events: AsyncIterable<ReplayedEvent>,
): Promise<void> {
  const { stdout } = context;
  let last: ReplayedEvent | null = null;
  await stdout.write(`session ${sessionId}\n\n`);
  for await (const event of events) {
    await stdout.write(`${eventLines(event).join('\n')}\n`);
    last = event;
  }
  if (last === null) return;
  const state = stateInWords(last.state).map((line) => `  ${printable(line)}`);
  await stdout.write(`\nstate after event ${last.revision}\n${state.join('\n')}\n`);
}

const indent = ' '.repeat(6);

/** An event, what it says, and what came next. */
export function eventLines({
  event,
  revision,
  recordedAt,
  actor,
  nextStep,
}: ReplayedEvent): string[] {
  const head = `${String(revision).padStart(4)}  ${event.type}`;
  const recorded = `${formatLocalTime(recordedAt)}  ${printable(actor)}`;
  return [
    `${head.padEnd(34)}${recorded}`,
    ...wrapText(printable(eventInWords(event)), lineWidthMax - indent.length).map(
      (line) => indent + line,
    ),
    `${indent}next: ${stepInWords(nextStep)}`,
  ];
}
