import type { Command } from 'commander';
import {
  accountIdOf,
  type Reconciliation,
  type Region,
  type ResourceOwner,
  type Vault,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type AccountOptions, accountChoice, addAccountOptions } from '../cloud/account-choice.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { printResult, warn } from '../output/print.ts';
import { decisionInWords, resourceKindWords, untrustedInWords } from '../wording/reconciliation.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { examplesText } from './examples.ts';
import { warnOfUnreadable } from '../session/warn-of-unreadable.ts';

interface ReconcileOptions extends AccountOptions {
  readonly region?: string;
  readonly yes?: true;
}

type ReconciledItem = Reconciliation['items'][number];

export function addReconcileCommand(parent: Command, invoke: Invoke): void {
  const command = parent
    .command('reconcile')
    .summary('find what the record lacks in AWS, and remove what no session needs')
    .description(
      'Compare what a region of AWS has of this repository with the record: workers and volumes of ' +
        'sessions that have ended, and parts of snapshot sets that no record has, are left-overs of crashes.\n\n' +
        'A whole snapshot set or copy that the record does not have is adopted: an older record was brought ' +
        'back, or an answer of AWS was lost. From then on it is listed, restored from and counted by ' +
        'retention like any other; changed block tracking never compares with it.\n\n' +
        "Shows what would be adopted, and what would go; with '--yes' it is done. What does not carry the authentic tags of this " +
        'repository, or as far as AWS tells is not what they were written for, is not touched. ' +
        'Credentials come from the usual places of AWS (environment, profile, role); with --role it is ' +
        'another account, which a policy copies to.',
    )
    .option('--region <region>', 'the region of AWS (default: that of the vault on EC2)')
    .option('--yes', 'adopt what is to be adopted, and remove what is to go');
  addAccountOptions(command)
    .addHelpText(
      'after',
      examplesText(
        {
          command: 'snapledger reconcile --region eu-central-1',
          meaning: 'what would be adopted or go, and why',
        },
        { command: 'snapledger reconcile --region eu-central-1 --yes', meaning: 'do it' },
        {
          command:
            'snapledger reconcile --region eu-west-1 --role arn:aws:iam::222233334444:role/copies',
          meaning: 'in another account',
        },
      ),
    )
    .action((options: ReconcileOptions) => invoke((context) => reconcile(context, options)));
}

async function reconcile(context: CliContext, options: ReconcileOptions): Promise<ExitCode> {
  const mode = options.yes === true ? 'remove' : 'plan';
  const { signal } = context;
  const account = accountChoice(options);
  const { region, found } = await withVault(context, async (vault) => {
    const region = options.region === undefined ? regionOf(vault) : (options.region as Region);
    return { region, found: await vault.reconcile({ region, account }, mode, { signal }) };
  });
  await printResult(context, {
    json: {
      region,
      accountId: account === null ? null : accountIdOf(account),
      mode,
      ...jsonOf(found),
    },
    people: () => inWords(found, mode),
  });
  const { untrusted, unreadable } = found;
  if (untrusted.length > 0) {
    await warn(
      context,
      `${formatCount(untrusted.length, 'resource')} with tags that were changed: ${untrustedInWords(untrusted)}`,
      'Find out who may write tags in this account; nothing is done with them.',
    );
  }
  await warnOfUnreadable(context, unreadable);
  const isWhole =
    untrusted.length === 0 &&
    unreadable.length === 0 &&
    found.items.every(({ problem }) => problem === null);
  return isWhole ? exitCodes.done : exitCodes.warnings;
}

function jsonOf({ items, untrusted, unreadable }: Reconciliation): object {
  return {
    items: items.map(({ item, decision, problem }) => ({
      id: idOf(item),
      kind: item.kind,
      sessionId: ownerOf(item).sessionId,
      instanceId: ownerOf(item).instanceId,
      ...decision,
      problem,
    })),
    untrusted,
    unreadable: unreadable.map(({ sessionId, error: { code, message } }) => ({
      sessionId,
      problem: { code, message },
    })),
  };
}

function inWords({ items }: Reconciliation, mode: 'plan' | 'remove'): readonly string[] {
  if (items.length === 0) return ['there is nothing of this repository in the region'];
  const going = items.filter(({ decision }) => decision.action === 'remove');
  const table = formatTable(
    ['KIND', 'ID', 'SESSION', 'INSTANCE', 'WHAT', 'WHY'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    items.map((one) => ({
      cells: [
        resourceKindWords[one.item.kind],
        idOf(one.item),
        formatId(ownerOf(one.item).sessionId),
        ownerOf(one.item).instanceId,
        whatOf(one, mode),
        decisionInWords(one.decision),
      ],
      ...(one.problem === null ? {} : { notes: [one.problem.message] }),
    })),
  );
  const adopted = items.filter(({ decision }) => decision.action === 'adopt');
  if (mode === 'remove' || going.length + adopted.length === 0) return table;
  const counts = [
    ...(adopted.length === 0
      ? []
      : [`${formatCount(adopted.length, 'resource')} would be adopted`]),
    ...(going.length === 0 ? [] : [`${formatCount(going.length, 'resource')} would go`]),
  ];
  return [...table, '', `${counts.join(', ')}: repeat the command with '--yes'`];
}

function whatOf({ decision, problem }: ReconciledItem, mode: 'plan' | 'remove'): string {
  const { planned, done, failed } = wordsOf[decision.action];
  if (mode === 'plan') return planned;
  return problem === null ? done : failed;
}

const wordsOf = {
  keep: { planned: 'stays', done: 'stays', failed: 'stays' },
  adopt: { planned: 'would be adopted', done: 'adopted', failed: 'not adopted' },
  remove: { planned: 'would go', done: 'removed', failed: 'not removed' },
} as const satisfies Record<ReconciledItem['decision']['action'], object>;

function idOf(item: ReconciledItem['item']): string {
  switch (item.kind) {
    case 'snapshot':
    case 'shared':
      return item.snapshot.snapshotId;
    case 'replica':
      return item.replica.snapshotId;
    case 'volume':
      return item.volume.volumeId;
    case 'worker':
      return item.worker.workerId;
    case 'restore':
      return item.remnant.resourceId;
    case 'kept':
      return item.kept.volumeId;
  }
}

function ownerOf(item: ReconciledItem['item']): ResourceOwner {
  switch (item.kind) {
    case 'snapshot':
    case 'shared':
      return item.snapshot.owner;
    case 'replica':
      return item.replica.owner;
    case 'volume':
      return item.volume.owner;
    case 'worker':
      return item.worker.owner;
    case 'restore':
      return item.remnant.owner;
    case 'kept':
      return item.kept.owner;
  }
}

function regionOf({ cloud }: Vault): Region {
  if (cloud.kind === 'ec2') return cloud.region;
  throw usageError('nothing says which region of AWS it is', "give it with '--region'");
}
