import { type Command, Option } from 'commander';
import { type BackupPolicy, type PolicyId, defaultPolicy } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import type { ExitCode } from '../exit-code.ts';
import { printDone } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { policyInWords } from '../wording/policy.ts';
import { instanceIdOf, parseWholeNumber } from './arguments.ts';
import { examplesText } from './examples.ts';
import { assertInstanceKnown } from './known-instance.ts';
import { confirmedPreview } from './policy-confirm.ts';
import { policyJson } from './policy-show.ts';

interface PolicySetOptions {
  readonly keepSnapshots?: number;
  readonly image?: boolean;
  readonly cbt?: boolean;
  readonly compression?: BackupPolicy['image']['compression'];
  readonly transport?: BackupPolicy['image']['transport'];
  readonly baseMoves?: BackupPolicy['snapshots']['baseMoves'];
  readonly volumeTags?: BackupPolicy['snapshots']['volumeTags'];
  readonly market?: BackupPolicy['image']['workers']['market'];
  readonly yes?: true;
}

export function addPolicySetCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('set')
    .summary('say how an instance is backed up')
    .description(
      'Say how an instance is backed up. What is not given stays as it is; a new policy keeps 7 ' +
        'snapshot sets, with image-level backup and changed block tracking on.',
    )
    .argument('<instance>', 'the instance that the policy is for')
    .option(
      '--keep-snapshots <number>',
      'keep so many of the newest snapshot sets',
      parseWholeNumber,
    )
    .option('--image', 'every backup also copies the data to the repository, as a restore point')
    .option('--no-image', 'take snapshots only')
    .option('--cbt', 'changed block tracking: read only the blocks that changed')
    .option('--no-cbt', 'read the whole disk every time')
    .addOption(
      new Option('--compression <level>', 'how hard to compress').choices([
        'fast',
        'balanced',
        'small',
      ]),
    )
    .addOption(
      new Option(
        '--transport <who>',
        'who reads the blocks: a worker with the volumes attached, or, direct, the engine from the ' +
          'snapshots',
      ).choices(['worker', 'direct']),
    )
    .addOption(
      new Option(
        '--base-moves <when>',
        'when a new image-level backup takes over as the one to compare with; ' +
          'after-retention keeps the old snapshot set one backup longer',
      ).choices(['before-retention', 'after-retention']),
    )
    .addOption(
      new Option(
        '--volume-tags <what>',
        'whether each snapshot gets the tags of its volume, besides those of snapledger',
      ).choices(['copy', 'leave']),
    )
    .addOption(
      new Option(
        '--market <market>',
        'whether the first worker of a session is a spot instance; those after it are on demand',
      ).choices(['on-demand', 'spot']),
    )
    .option(
      '--yes',
      'do it, although more than half of the sets, replicas or points would go, or, with --no-cbt, no ' +
        'set is kept (with --cbt that is refused)',
    )
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger policy set web-1 --keep-snapshots 2',
          meaning: 'keep two snapshot sets; the rest as it is, or as a new policy has it',
        },
        {
          command: 'snapledger policy set web-1 --no-image --keep-snapshots 24',
          meaning: 'snapshots only',
        },
        {
          command: 'snapledger policy set db-1 --compression small --base-moves after-retention',
          meaning: 'least space in the repository, and the old base stays one backup longer',
        },
      ),
    )
    .action((instance: string, options: PolicySetOptions) =>
      invoke((context) => setPolicy(context, instance, options)),
    );
}

async function setPolicy(
  context: CliContext,
  instance: string,
  options: PolicySetOptions,
): Promise<ExitCode> {
  const instanceId = instanceIdOf(instance);
  const policy = await withVault(context, async ({ engine }) => {
    await assertInstanceKnown(engine, instanceId);
    const present = await engine.policyOf(instanceId);
    // Of the command line, every instance has a policy of its own, named after it.
    if (present !== null && present.policyId !== instance) throw sharedPolicy(instance, present);
    const changed = withOptions(
      present ?? defaultPolicy(instance as PolicyId, [instanceId]),
      options,
    );
    const confirmation = options.yes === true ? 'given' : 'missing';
    await confirmedPreview(engine, { set: [changed] }, confirmation);
    await engine.setPolicy(changed);
    return changed;
  });
  return printDone(context, `the policy of ${instance} is set`, {
    json: policyJson(instanceId, policy),
    people: () => [`policy of ${instance}`, ...policyInWords(policy).map((line) => `  ${line}`)],
  });
}

function withOptions(policy: BackupPolicy, options: PolicySetOptions): BackupPolicy {
  const { snapshots, image } = policy;
  return {
    ...policy,
    snapshots: {
      ...snapshots,
      retention: {
        ...snapshots.retention,
        count: options.keepSnapshots ?? snapshots.retention.count,
      },
      baseMoves: options.baseMoves ?? snapshots.baseMoves,
      volumeTags: options.volumeTags ?? snapshots.volumeTags,
    },
    image: {
      ...image,
      level: onOrOff(options.image) ?? image.level,
      changedBlockTracking: onOrOff(options.cbt) ?? image.changedBlockTracking,
      compression: options.compression ?? image.compression,
      transport: options.transport ?? image.transport,
      workers: { ...image.workers, market: options.market ?? image.workers.market },
    },
  };
}

function onOrOff(given: boolean | undefined): 'on' | 'off' | null {
  if (given === undefined) return null;
  return given ? 'on' : 'off';
}

function sharedPolicy(instance: string, { policyId }: BackupPolicy): Error {
  return usageError(
    `instance ${instance} is under policy '${policyId}', which may be for other instances too`,
    "change it with 'snapledger policy apply', or with the program that made it",
  );
}
