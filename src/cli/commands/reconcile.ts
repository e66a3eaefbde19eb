import type { Command } from 'commander';
import { accountIdOf, type Reconciliation, type Region, type Vault } from '../../index.ts';
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
import { type ReconciledRow, reconciledRows } from '../wording/reconciled-rows.ts';
import { warnOfUnreadable } from '../session/warn-of-unreadable.ts';

interface ReconcileOptions extends AccountOptions {
  readonly region?: string;
  readonly yes?: true;
}

export function addReconcileCommand(parent: Command, invoke: Invoke): void {
  const command = parent
    .command('reconcile')
    .summary('find what the record lacks in AWS, and remove what no session needs')
    .description(
      'Compare what a region of AWS has of this repository with the record: workers and volumes of ' +
        'sessions that have ended, and parts of snapshot sets that no record has, are left-overs of crashes. So is what ' +
        'such a session has left in the mailbox that it shared with its workers, in the repository; it is listed with the region of the vault.\n\n' +
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
    people: () => inWords(reconciledRows(found), mode),
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
    reconciledRows(found).every(({ problem }) => problem === null);
  return isWhole ? exitCodes.done : exitCodes.warnings;
}

function jsonOf(found: Reconciliation): object {
  const { untrusted, unreadable } = found;
  return {
    items: reconciledRows(found).map(
      ({ id, kind, sessionId, instanceId, totals, decision, problem }) => ({
        ...{ id, kind, sessionId, instanceId, ...totals, ...decision, problem },
      }),
    ),
    untrusted,
    unreadable: unreadable.map(({ sessionId, error: { code, message } }) => ({
      sessionId,
      problem: { code, message },
    })),
  };
}

function inWords(rows: readonly ReconciledRow[], mode: 'plan' | 'remove'): readonly string[] {
  if (rows.length === 0) return ['there is nothing of this repository in the region'];
  const going = rows.filter(({ decision }) => decision.action === 'remove');
  const table = formatTable(
    ['KIND', 'ID', 'SESSION', 'INSTANCE', 'WHAT', 'WHY'].map(
      (title) => ({ title, align: 'left' }) as const,
    ),
    rows.map((row) => ({
      cells: [
        resourceKindWords[row.kind],
        row.name,
        formatId(row.sessionId),
        row.instanceId ?? '-',
        whatOf(row, mode),
        decisionInWords(row.decision),
      ],
      ...(row.problem === null ? {} : { notes: [row.problem.message] }),
    })),
  );
  const adopted = rows.filter(({ decision }) => decision.action === 'adopt');
  if (mode === 'remove' || going.length + adopted.length === 0) return table;
  const counts = [
    ...(adopted.length === 0
      ? []
      : [`${formatCount(adopted.length, 'resource')} would be adopted`]),
    ...(going.length === 0 ? [] : [`${formatCount(going.length, 'resource')} would go`]),
  ];
  return [...table, '', `${counts.join(', ')}: repeat the command with '--yes'`];
}

function whatOf({ decision, problem }: ReconciledRow, mode: 'plan' | 'remove'): string {
  const { planned, done, failed } = wordsOf[decision.action];
  if (mode === 'plan') return planned;
  return problem === null ? done : failed;
}

const wordsOf = {
  keep: { planned: 'stays', done: 'stays', failed: 'stays' },
  adopt: { planned: 'would be adopted', done: 'adopted', failed: 'not adopted' },
  remove: { planned: 'would go', done: 'removed', failed: 'not removed' },
} as const satisfies Record<ReconciledRow['decision']['action'], object>;

function regionOf({ cloud }: Vault): Region {
  if (cloud.kind === 'ec2') return cloud.region;
  throw usageError('nothing says which region of AWS it is', "give it with '--region'");
}
