import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  accountIdOf,
  type CloudPlace,
  placeInWords,
  type RecoveredVault,
  type RecoverVaultOptions,
  type Region,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type AccountOptions, accountChoice, addAccountOptions } from '../cloud/account-choice.ts';
import { addCloudOptions, cloudChoice, type CloudOptions } from '../cloud/cloud-choice.ts';
import {
  describeEventStore,
  eventStoreChoice,
  type EventStoreOptions,
} from '../event-store/event-store-choice.ts';
import { readEventStoreCredentials } from '../event-store/event-store-credentials.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printResult, warn } from '../output/print.ts';
import { readPassphrase } from '../passphrase/read-passphrase.ts';
import {
  isS3Url,
  lockModeOption,
  refuseS3Options,
  s3RepositoryChoice,
  type S3Options,
} from '../repository/repository-choice.ts';
import { recoveredSetsAsJson, recoveredSetsInWords } from '../session/recovered-sets.ts';
import { untrustedInWords } from '../wording/reconciliation.ts';
import { usageError } from '../usage-error.ts';
import { vaultFolder } from '../with-vault.ts';
import { parsePositiveNumber } from './arguments.ts';
import { examplesText } from './examples.ts';

interface RecoverOptions extends S3Options, CloudOptions, EventStoreOptions, AccountOptions {
  readonly repository: string;
  readonly unencrypted?: true;
}

export function addRecoverCommand(parent: Command, invoke: Invoke): void {
  const command = parent
    .command('recover')
    .summary('rebuild the record of all sessions from a repository')
    .description(
      'Rebuild the record of all sessions from what is sealed in a repository, proving each part ' +
        'of it, on this or on an empty machine. Backups then go on from the last sealed session. ' +
        'The repository is used where it is.\n\n' +
        'The vault may be new, or one whose ledger is lost; then its instances and snapshots are ' +
        'still known. What a session that had not ended had recorded is lost.\n\n' +
        'The record of a new vault is a file of its folder, or on the KurrentDB server that --event-store ' +
        'names, as for init. A vault that is there keeps the place of its record, which has to hold ' +
        'nothing any more, unless --event-store names another one.\n\n' +
        'With --region it lists instead which snapshot sets and replicas a region of AWS has of the ' +
        'repository, from their encrypted tags alone; nothing is made or changed; with --role in another ' +
        'account, which a policy has copied to. With --cloud ec2 it is the region of a new vault, as for init.',
    )
    .requiredOption('--repository <location>', 'its folder, or s3://bucket/prefix')
    .option(
      '--event-store <location>',
      'rebuild the record on a KurrentDB server: esdb://host:2113',
    )
    .option(
      '--event-store-namespace <name>',
      'what its streams there begin with (default: a new one)',
    )
    .option('--region <region>', 'list what this region of AWS has, instead')
    .option('--s3-region <region>', 'the region of the bucket (default: AWS_REGION)')
    .option('--s3-endpoint <url>', 'another store that speaks the protocol of S3')
    .option(
      '--lock <days>',
      'a new vault: nobody can remove its restore points, and what is sealed, for so many days',
      parsePositiveNumber,
    )
    .option(
      '--lock-ledger <days>',
      'a new vault: the same for what is sealed alone',
      parsePositiveNumber,
    )
    .addOption(lockModeOption())
    .option('--unencrypted', 'accept a storage format that does not encrypt, for a new vault');
  addCloudOptions(addAccountOptions(command))
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger recover --repository /mnt/repository --vault backups',
          meaning: 'a new vault on an empty machine; add the instances again',
        },
        {
          command: 'snapledger recover --repository backups/repository --vault backups',
          meaning: 'a vault that has lost its ledger.sqlite',
        },
        {
          command:
            'snapledger recover --repository /mnt/repository --vault v --event-store esdb://host:2113',
          meaning: 'with the record on a KurrentDB server, in a new namespace',
        },
        {
          command: 'snapledger recover --repository /mnt/repository --region eu-central-1',
          meaning: 'which snapshot sets there are in AWS, without vault and ledger',
        },
        {
          command:
            'snapledger recover --repository /repo --region eu-west-1 --role arn:aws:iam::222233334444:role/c',
          meaning: 'which copies there are in another account',
        },
      ),
    )
    .action((options: RecoverOptions) => invoke((context) => recover(context, options)));
}

async function recover(context: CliContext, options: RecoverOptions): Promise<ExitCode> {
  const cloud = cloudChoice(context, options);
  const account = accountChoice(options);
  if (cloud === undefined && options.region !== undefined) {
    if (options.unencrypted === true) {
      throw usageError(
        '--unencrypted is for a new vault, and with --region none is made',
        "leave it out, or give '--cloud ec2' too",
      );
    }
    if (options.eventStore !== undefined) {
      throw usageError(
        '--event-store is for the record of a vault, and with --region none is made',
        "leave it out, or give '--cloud ec2' too",
      );
    }
    return listSets(context, options, { region: options.region as Region, account });
  }
  if (account !== null) {
    throw usageError(
      '--role is for looking into a region of another account',
      "give it with '--region', and without '--cloud'",
    );
  }
  const folder = vaultFolder(context);
  const repository = locationOf(context, options);
  const eventStore = eventStoreChoice(options);
  const passphrase = await readPassphrase(context, 'unlock');
  const chosen = {
    ...eventStore,
    eventStoreCredentials: () => readEventStoreCredentials(context),
    ...(cloud === undefined ? {} : { cloud }),
    ...(options.unencrypted === true ? { unencrypted: 'accept' as const } : {}),
  };
  const recovery = await context.recoverVault({ folder, repository, passphrase, ...chosen });
  await printResult(context, {
    json: { folder, repository, ...recovery },
    people: () => recoveryInWords(folder, recovery, cloud === undefined ? 'local' : 'ec2'),
  });
  const { pointsWithoutSession: strays } = recovery;
  if (strays.length === 0) return exitCodes.done;
  await warn(
    context,
    `${formatCount(strays.length, 'restore point')} of sessions that were never sealed: ` +
      strays.map(({ pointId, instanceId }) => `${formatId(pointId)} of ${instanceId}`).join(', '),
    'they can be restored; nothing tells how they were made',
  );
  return exitCodes.warnings;
}

async function listSets(
  context: CliContext,
  options: RecoverOptions,
  place: CloudPlace,
): Promise<ExitCode> {
  const repository = locationOf(context, options);
  const passphrase = await readPassphrase(context, 'unlock');
  const found = await context.recoverSets({ repository, passphrase, ...place });
  await printResult(context, {
    json: {
      region: place.region,
      accountId: place.account === null ? null : accountIdOf(place.account),
      ...recoveredSetsAsJson(found),
    },
    people: () => recoveredSetsInWords(placeInWords(place), found),
  });
  const { untrusted } = found;
  if (untrusted.length === 0) return exitCodes.done;
  await warn(
    context,
    `${formatCount(untrusted.length, 'resource')} with tags that were changed: ${untrustedInWords(untrusted)}`,
    'Find out who may write tags in this account; what they tell is not believed.',
  );
  return exitCodes.warnings;
}

function locationOf(
  context: CliContext,
  options: RecoverOptions,
): RecoverVaultOptions['repository'] {
  const { repository } = options;
  if (isS3Url(repository)) {
    return s3RepositoryChoice(context, repository, options, options.region);
  }
  refuseS3Options(options);
  return resolve(context.workingFolder, repository);
}

const nextWithInstances = {
  local: 'add the instances again that are not there',
  ec2: 'the instances of the region, with what there is of them',
} as const;

function recoveryInWords(
  folder: string,
  recovery: RecoveredVault,
  cloud: 'local' | 'ec2',
): readonly string[] {
  const { records, sessions, eventStore } = recovery;
  return [
    `vault recovered in ${folder}: ${formatCount(sessions, 'session')}, ${formatCount(records, 'record')}, all proven`,
    ...describeEventStore(eventStore),
    '',
    'What comes next:',
    `  snapledger instance list        ${nextWithInstances[cloud]}`,
    '  snapledger resume               ends what was under way when the ledger was lost',
  ];
}
