import { open, readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Engine, ExportFormat, ExportSelection, InstanceId } from '../../../index.ts';
import { SnapledgerError } from '../../../index.ts';
import type { CliContext, Invoke } from '../../cli-context.ts';
import { type ExitCode, exitCodes } from '../../exit-code.ts';
import { printResult } from '../../output/print.ts';
import { usageError } from '../../usage-error.ts';
import { withVault } from '../../with-vault.ts';
import { idPrefixOf } from '../arguments.ts';
import { examplesText } from '../examples.ts';
import { assertInstanceKnown } from '../known-instance.ts';
import { readReadKey } from './read-key.ts';
import {
  addSessionFilterOptions,
  type SessionFilterOptions,
  sessionFilterOf,
} from './session-filter.ts';

interface ExportCommandOptions extends SessionFilterOptions {
  readonly format?: ExportFormat;
  readonly session?: string;
  readonly repository?: string;
  readonly keyFile?: string;
  readonly to?: string;
}

export function addAuditExportCommand(parent: Command, invoke: Invoke): void {
  addSessionFilterOptions(
    parent
      .command('export')
      .summary('write records out, with the proof that nobody has changed them')
      .description(
        'Write the records of one session, of some, or everything. JSON Lines and HTML carry the ' +
          'proof, which snapledger-verify checks with the public key alone; CSV is for a table. With ' +
          'sessions goes what else is recorded of their instances, such as holds.',
      )
      .addOption(
        new Option(
          '--format <format>',
          'how; default: as the name of the file ends (.csv, .html), else json-lines',
        ).choices(['json-lines', 'csv', 'html']),
      )
      .option('--session <session>', 'only this one')
      .option(
        '--repository <folder>',
        'all that is sealed in this repository, without any vault or passphrase: with --key-file, and the read key in SNAPLEDGER_READ_KEY_FILE or SNAPLEDGER_READ_KEY',
      )
      .option('--key-file <file>', "the public key, as 'snapledger audit key' shows it")
      .option('--to <file>', 'the file to write, which must not exist; default: standard output'),
  )
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger audit export --session 3f2a91c4 --format html',
          meaning: 'a report of one session that can be printed; --to writes it to a file',
        },
        {
          command: 'snapledger audit export --since 2026-03-01 --until 2026-04-01 --format csv',
          meaning: 'what was recorded by the sessions of a month, as a table',
        },
        { command: 'snapledger audit export', meaning: 'everything, with its proof' },
        {
          command: 'snapledger audit export --repository /mnt/copy --key-file ledger.key',
          meaning: 'the same from a repository alone, for who has the read key',
        },
      ),
    )
    .action((options: ExportCommandOptions) => invoke((context) => write(context, options)));
}

async function write(context: CliContext, options: ExportCommandOptions): Promise<ExitCode> {
  const { to, format = formatNamedBy(to), repository, keyFile } = options;
  if (repository !== undefined) {
    const parts = await sealedParts(context, { ...options, repository, format });
    return writeParts(context, to, parts);
  }
  if (keyFile !== undefined) {
    throw usageError('--key-file is for a repository alone', 'name it with --repository');
  }
  return withVault(context, async ({ engine }) => {
    const selection = await selectionOf(engine, options);
    return writeParts(context, to, engine.audit.export({ format, selection }));
  });
}

async function writeParts(
  context: CliContext,
  to: string | undefined,
  parts: AsyncIterable<string>,
): Promise<ExitCode> {
  if (to === undefined) {
    for await (const text of parts) await context.stdout.write(text);
    return exitCodes.done;
  }
  const path = resolve(context.workingFolder, to);
  await writeFile(path, parts);
  await printResult(context, { json: { path }, people: () => [`written to ${path}`] });
  return exitCodes.done;
}

/** For an auditor who has the keys and a copy of the repository, and nothing else. */
async function sealedParts(
  context: CliContext,
  options: ExportCommandOptions & { readonly repository: string; readonly format: ExportFormat },
): Promise<AsyncIterable<string>> {
  const { repository, keyFile, session, format } = options;
  if (session !== undefined || Object.keys(sessionFilterOf(options)).length > 0) {
    throw usageError(
      'of a repository alone everything is exported',
      'leave the options that choose sessions, and choose in what is written',
    );
  }
  if (keyFile === undefined) {
    throw usageError(
      'the public key is not given',
      "name a file with what 'snapledger audit key' shows: --key-file FILE",
    );
  }
  const path = resolve(context.workingFolder, keyFile);
  const publicKey = await readFile(path, 'utf8').catch(() => {
    throw usageError(`the public key '${path}' cannot be read`, 'name a file that can');
  });
  const readKey = await readReadKey(context);
  const folder = resolve(context.workingFolder, repository);
  return context.exportRepository({ repository: folder, publicKey, readKey, format });
}

function formatNamedBy(file: string | undefined): ExportFormat {
  switch (file === undefined ? '' : extname(file).toLowerCase()) {
    case '.csv':
      return 'csv';
    case '.html':
      return 'html';
    default:
      return 'json-lines';
  }
}

async function selectionOf(
  engine: Engine,
  options: ExportCommandOptions,
): Promise<ExportSelection> {
  const filter = sessionFilterOf(options);
  const isFiltered = Object.keys(filter).length > 0;
  if (filter.instanceId !== undefined) await assertInstanceRecorded(engine, filter.instanceId);
  if (options.session === undefined) {
    return isFiltered ? { kind: 'sessions', filter } : { kind: 'everything' };
  }
  if (isFiltered) {
    throw usageError('--session names one already', 'leave the other options that choose sessions');
  }
  return { kind: 'session', sessionId: await engine.findSession(idPrefixOf(options.session)) };
}

/** An instance that is gone may be recorded. @throws UNKNOWN_INSTANCE */
async function assertInstanceRecorded(engine: Engine, instanceId: InstanceId): Promise<void> {
  const sessions = await engine.audit.sessions({ instanceId });
  if (sessions.length === 0) await assertInstanceKnown(engine, instanceId);
}

async function writeFile(path: string, parts: AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapledgerError('INVALID_ARGUMENT', `'${path}' cannot be made: ${reason}`, {
      cause,
      remedy: 'Name a file that does not exist, in a folder that does.',
    });
  });
  try {
    for await (const text of parts) await file.write(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
