import type { Command } from 'commander';
import type { CreatedVault, CreateVaultOptions } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { readEventStoreCredentials } from '../event-store/event-store-credentials.ts';
import type { ExitCode } from '../exit-code.ts';
import { printDone } from '../output/print.ts';
import { readPassphrase } from '../passphrase/read-passphrase.ts';
import { usageError } from '../usage-error.ts';
import { vaultFolder } from '../with-vault.ts';
import { examplesText } from './examples.ts';

interface InitOptions {
  readonly eventStore?: string;
  readonly eventStoreNamespace?: string;
}

export function addInitCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('init')
    .summary('make a vault')
    .description(
      'Make a vault: a folder with the record of all sessions, a local cloud for instances made ' +
        'of disk images, and an encrypted repository. The folder must be empty or not exist.\n\n' +
        'Nobody can read the backups without the passphrase, and nobody can replace it when it ' +
        'is lost: keep it somewhere else too.\n\n' +
        'The record is a file of the folder, or on a KurrentDB server that --event-store names. ' +
        'The user there comes from SNAPLEDGER_EVENT_STORE_USER and SNAPLEDGER_EVENT_STORE_PASSWORD ' +
        '(or _PASSWORD_FILE), never from the location.',
    )
    .option('--event-store <location>', 'keep the record on a KurrentDB server: esdb://host:2113')
    .option(
      '--event-store-namespace <name>',
      'what its streams there begin with (default: a new one)',
    )
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger init --vault backups',
          meaning: 'make a vault in the folder backups; asks for a new passphrase twice',
        },
        {
          command: 'snapledger init --vault backups --passphrase-file passphrase.txt',
          meaning: 'the same with a passphrase from a file (for a script)',
        },
        {
          command: 'snapledger init --vault backups --event-store esdb://127.0.0.1:2113?tls=false',
          meaning: 'the same with the record on a KurrentDB server on this machine',
        },
      ),
    )
    .action((options: InitOptions) => invoke((context) => init(context, options)));
}

async function init(context: CliContext, options: InitOptions): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const choice = eventStoreChoice(options);
  const passphrase = await readPassphrase(context, 'choose');
  const { eventStore } = await context.createVault({
    folder,
    passphrase,
    ...choice,
    eventStoreCredentials: () => readEventStoreCredentials(context),
  });
  return printDone(context, `the vault is made in ${folder}`, {
    json: { folder, eventStore },
    people: () => [
      `vault made in ${folder}`,
      ...describeEventStore(eventStore),
      '',
      'What comes next:',
      '  snapledger instance add web-1 --volume /dev/xvda=disk.img',
      '  snapledger policy set web-1 --keep-snapshots 7',
      '  snapledger backup web-1',
    ],
  });
}

function eventStoreChoice(options: InitOptions): Pick<CreateVaultOptions, 'eventStore'> {
  const { eventStore: location, eventStoreNamespace: namespace } = options;
  if (location !== undefined) {
    return { eventStore: { location, ...(namespace === undefined ? {} : { namespace }) } };
  }
  if (namespace === undefined) return {};
  throw usageError(
    'a namespace is given, but no event store',
    "give its location with '--event-store', or leave out '--event-store-namespace'",
  );
}

function describeEventStore(eventStore: CreatedVault['eventStore']): readonly string[] {
  if (eventStore.kind === 'sqlite') return [];
  return [`its record is at ${eventStore.location}, in the namespace ${eventStore.namespace}`];
}
