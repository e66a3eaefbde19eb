import type { Command } from 'commander';
import type { CreatedVault, CreateVaultOptions, Ec2Choice } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { addCloudOptions, cloudChoice, type CloudOptions } from '../cloud/cloud-choice.ts';
import {
  describeEventStore,
  eventStoreChoice,
  type EventStoreOptions,
} from '../event-store/event-store-choice.ts';
import { readEventStoreCredentials } from '../event-store/event-store-credentials.ts';
import { type ExitCode, exitCodes, worstOf } from '../exit-code.ts';
import { describeKeyChangeTrouble } from '../wording/key-change-trouble.ts';
import { recoveryKeyLines, unseenRecoveryKeyRemedy } from '../wording/recovery-key.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printDone, warn } from '../output/print.ts';
import { readPassphrase } from '../passphrase/read-passphrase.ts';
import {
  isS3Url,
  lockModeOption,
  refuseS3Options,
  s3RepositoryChoice,
  type S3Options,
} from '../repository/repository-choice.ts';
import { usageError } from '../usage-error.ts';
import { vaultFolder } from '../with-vault.ts';
import { parsePositiveNumber } from './arguments.ts';
import { examplesText } from './examples.ts';

interface InitOptions extends S3Options, CloudOptions, EventStoreOptions {
  readonly repository?: string;
  readonly format?: string;
  readonly unencrypted?: true;
}

export function addInitCommand(parent: Command, invoke: Invoke): void {
  const command = parent
    .command('init')
    .summary('make a vault')
    .description(
      'Make a vault: a folder with the record of all sessions, a local cloud for instances made ' +
        'of disk images, and an encrypted repository. The folder must be empty or not exist.\n\n' +
        'Nobody can read the backups without the passphrase. A recovery key is made that opens the ' +
        'vault as well, and shown this once: write it down, and keep it where the passphrase is ' +
        'not. When both are lost nobody can replace them.\n\n' +
        'The record is a file of the folder, or on a KurrentDB server that --event-store names. ' +
        'The user there comes from SNAPLEDGER_EVENT_STORE_USER and SNAPLEDGER_EVENT_STORE_PASSWORD ' +
        '(or _PASSWORD_FILE), never from the location.\n\n' +
        'The repository is in the folder, or in the bucket that --repository names. Credentials ' +
        'come from where every program that uses AWS finds them: environment, profile or role.\n\n' +
        'The instances are made of disk images, or, with --cloud ec2, are those of a region of EC2. ' +
        'The repository is in S3 then. docs/aws.md goes from an empty account to a first backup.\n\n' +
        'There are three storage formats: strata; qcow2, in which each volume of a restore point is a ' +
        'qcow2 image, sealed; and qcow2-plain, whose images every program can read that can read the ' +
        'repository. More are modules of others: SNAPLEDGER_FORMATS names their files, for this ' +
        'command and for all that use the vault. docs/formats.md says how one is made.',
    )
    .option('--event-store <location>', 'keep the record on a KurrentDB server: esdb://host:2113')
    .option(
      '--event-store-namespace <name>',
      'what its streams there begin with (default: a new one)',
    )
    .option('--repository <location>', 'keep the backups in a bucket: s3://bucket/prefix')
    .option('--s3-region <region>', 'the region of the bucket (default: AWS_REGION)')
    .option('--s3-endpoint <url>', 'another store that speaks the protocol of S3')
    .option(
      '--lock <days>',
      'nobody can remove a restore point, all it needs, and the sealed record for so many days (a bucket with Object Lock)',
      parsePositiveNumber,
    )
    .option(
      '--lock-ledger <days>',
      'the same for the sealed record alone, or for it another number of days',
      parsePositiveNumber,
    )
    .addOption(lockModeOption())
    .option('--region <region>', 'EC2: the region of the instances')
    .option('--format <name>', 'the storage format of the backups', 'strata')
    .option('--unencrypted', 'accept a storage format that does not encrypt');
  addCloudOptions(command)
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
        {
          command: 'snapledger init --vault v --repository s3://my-bucket/b --s3-region eu-west-1',
          meaning: 'the same with the backups in S3',
        },
        {
          command:
            'snapledger init --vault v --repository s3://my-bucket/b --cloud ec2 --region eu-west-1',
          meaning: 'for instances of EC2, snapshots only: workers need more, see docs/aws.md',
        },
      ),
    )
    .action((options: InitOptions) => invoke((context) => init(context, options)));
}

async function init(context: CliContext, options: InitOptions): Promise<ExitCode> {
  const folder = vaultFolder(context);
  const cloudChosen = cloudChoice(context, options);
  if (cloudChosen === undefined && options.region !== undefined) {
    throw usageError(
      '--region is for EC2, and the cloud is that of this machine',
      "give '--cloud ec2' too; the region of a bucket is given with '--s3-region'",
    );
  }
  const choice = {
    ...eventStoreChoice(options),
    ...repositoryChoice(context, options, cloudChosen),
    ...(cloudChosen === undefined ? {} : { cloud: cloudChosen }),
    ...formatChoice(options),
  };
  const passphrase = await readPassphrase(context, 'choose');
  const made = await context.createVault({
    folder,
    passphrase,
    ...choice,
    eventStoreCredentials: () => readEventStoreCredentials(context),
  });
  const { eventStore, repository, cloud, format, recoveryKey } = made;
  const printed = await printDone(
    context,
    `the vault is made in ${folder}`,
    {
      json: { folder, eventStore, repository, cloud, format, recoveryKey },
      people: () => [
        `vault made in ${folder}`,
        ...describeEventStore(eventStore),
        ...describeRepository(repository),
        ...describeCloud(cloud),
        ...describeFormat(format),
        ...(recoveryKey === null ? [] : ['', ...recoveryKeyLines(recoveryKey)]),
        '',
        'What comes next:',
        ...nextSteps(cloud),
      ],
    },
    recoveryKey === null ? undefined : unseenRecoveryKeyRemedy,
  );
  return worstOf([printed, await warnOfTroubles(context, made)]);
}

/** What went wrong once the vault was made. */
async function warnOfTroubles(
  context: CliContext,
  { recoveryKeyTrouble, folderTrouble }: CreatedVault,
): Promise<ExitCode> {
  if (recoveryKeyTrouble !== null) {
    const { message, remedy } = describeKeyChangeTrouble(recoveryKeyTrouble);
    await warn(context, `the recovery key is added, but ${message}`, remedy);
  }
  if (folderTrouble !== null) {
    await warn(context, folderTrouble.message, folderTrouble.remedy ?? '');
  }
  const fine = recoveryKeyTrouble === null && folderTrouble === null;
  return fine ? exitCodes.done : exitCodes.warnings;
}

function repositoryChoice(
  context: CliContext,
  options: InitOptions,
  cloud: Ec2Choice | undefined,
): Pick<CreateVaultOptions, 'repository'> {
  const { repository } = options;
  if (repository === undefined) {
    refuseS3Options(options);
    return {};
  }
  if (isS3Url(repository)) {
    return { repository: s3RepositoryChoice(context, repository, options, cloud?.region) };
  }
  throw usageError(
    'the repository of a new vault is in its folder or in S3',
    "give its place like s3://bucket/prefix, or leave out '--repository'",
  );
}

function describeRepository(repository: CreatedVault['repository']): readonly string[] {
  if (repository.kind === 'filesystem') return [];
  const { bucket, prefix, region, endpoint, lockDays, ledgerLockDays = lockDays } = repository;
  const place = endpoint === null ? `in ${region}` : `at ${endpoint}`;
  return [
    `its backups are in s3://${bucket}/${prefix} ${place}`,
    ...(lockDays === undefined
      ? []
      : [
          `each restore point is locked there for ${formatCount(lockDays, 'day')}, with all it needs`,
        ]),
    ...(ledgerLockDays === undefined
      ? []
      : [
          `its sealed record is locked there for ${formatCount(ledgerLockDays, 'day')} from its writing`,
        ]),
  ];
}

function formatChoice({
  format,
  unencrypted,
}: InitOptions): Pick<CreateVaultOptions, 'format' | 'unencrypted'> {
  return {
    ...(format === undefined ? {} : { format }),
    ...(unencrypted === true ? { unencrypted: 'accept' } : {}),
  };
}

function describeFormat({ name, traits }: CreatedVault['format']): readonly string[] {
  if (name === 'strata') return [];
  const words = [
    traits.encryption === 'none' ? 'which does not encrypt' : 'encrypted',
    ...(traits.pointDependency === 'needs-parent' ? ['whose points need those before them'] : []),
    ...(traits.deduplication === 'none' ? ['without deduplication'] : []),
  ];
  return [`its storage format is ${name}: ${words.join(', ')}`];
}

function describeCloud(cloud: CreatedVault['cloud']): readonly string[] {
  if (cloud.kind === 'local') return [];
  const workers = cloud.worker === null ? 'snapshots only: no workers are set up' : 'with workers';
  return [`its instances are those of EC2 in ${cloud.region}, ${workers}`];
}

function nextSteps(cloud: CreatedVault['cloud']): readonly string[] {
  switch (cloud.kind) {
    case 'local':
      return [
        '  snapledger instance add web-1 --volume /dev/xvda=disk.img',
        '  snapledger policy set web-1 --keep-snapshots 7',
        '  snapledger backup web-1',
      ];
    case 'ec2':
      return [
        ...policySteps(cloud),
        '  snapledger instance list',
        '  snapledger policy set i-... --keep-snapshots 7',
        '  snapledger backup i-...',
      ];
  }
}

function policySteps({
  worker,
}: Extract<CreatedVault['cloud'], { kind: 'ec2' }>): readonly string[] {
  if (worker === null) {
    return ['  snapledger aws policy engine    what AWS has to allow this program'];
  }
  return [
    '  snapledger aws policy worker    what AWS has to allow the role of the workers',
    '  snapledger aws policy engine --worker-role ARN    and this program; ARN is of that role',
  ];
}
