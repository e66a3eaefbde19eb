import type { Command } from 'commander';
import type { PermissionFinding } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { printResult } from '../output/print.ts';
import { targetAsJson, targetInWords } from '../wording/place.ts';
import { withVault } from '../with-vault.ts';
import { examplesText } from './examples.ts';

export function addAwsCheckCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('check')
    .summary('try which permissions are missing in AWS')
    .description(
      'Try every permission that this program needs for a vault on EC2, before a first backup or at ' +
        'any time. EC2 is asked for dry runs, with the settings of the workers; in the bucket an ' +
        'object is made, read, listed and removed again. Nothing else is changed. The regions and accounts that ' +
        'policies copy to are tried as well, with their keys, and the machines of workers that they ask ' +
        'for.\n\n' +
        'Some permissions can only be tried on what a first backup makes. What the role of the workers ' +
        "may is tried with '--try-worker': one is launched, says hello, and is terminated, which takes " +
        'some minutes; whether it may write backups only a first one shows.',
    )
    .option('--to-original', "also what 'restore --to-original' takes")
    .option('--try-worker', 'launch a worker to see whether its role lets it begin')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger aws check', meaning: 'one line for each permission' },
        {
          command: 'snapledger aws check --try-worker',
          meaning: 'and whether a worker comes to life',
        },
        { command: 'snapledger aws check --json', meaning: 'the same for a program' },
      ),
    )
    .action((options: AwsCheckOptions) => invoke((context) => check(context, options)));
}

interface AwsCheckOptions {
  readonly toOriginal?: true;
  readonly tryWorker?: true;
}

async function check(
  context: CliContext,
  { tryWorker, toOriginal }: AwsCheckOptions,
): Promise<ExitCode> {
  const workers = tryWorker === true ? 'try' : 'leave';
  const originals = toOriginal === true ? 'try' : 'leave';
  const { signal } = context;
  const request = { workers, originals, signal } as const;
  const findings = await withVault(context, (vault) => vault.checkAws(request));
  await printResult(context, {
    json: findings.map(
      ({ action, caller, purpose, target, machine, outcome: { kind, ...why } }) => ({
        id: action,
        caller,
        purpose,
        target: target === null ? null : targetAsJson(target),
        machine,
        outcome: kind,
        ...why,
      }),
    ),
    people: () => inWords(findings),
  });
  return wrongOf(findings).length === 0 ? exitCodes.done : exitCodes.failed;
}

function wrongOf(findings: readonly PermissionFinding[]): readonly PermissionFinding[] {
  return findings.filter(({ outcome: { kind } }) => kind === 'missing' || kind === 'refused');
}

const outcomeWords = {
  allowed: 'allowed',
  missing: 'MISSING',
  refused: 'REFUSED',
  untried: 'not tried',
} as const satisfies Record<PermissionFinding['outcome']['kind'], string>;

function inWords(findings: readonly PermissionFinding[]): readonly string[] {
  const wrong = wrongOf(findings);
  return [
    ...formatTable(
      [
        { title: 'PERMISSION', align: 'left' },
        { title: '', align: 'left' },
        { title: 'NEEDED TO', align: 'left' },
      ],
      findings.map(({ action, purpose, outcome, ...of }) => ({
        cells: [
          action,
          outcomeWords[outcome.kind],
          `${placeOf(of)}${purpose}${outcome.kind === 'untried' ? ` (${outcome.reason})` : ''}`,
        ],
      })),
    ),
    '',
    ...(wrong.length === 0
      ? ['nothing that could be tried is missing']
      : [`${formatCount(wrong.length, 'permission')} missing or refused:`]),
    ...wrong.flatMap(explained),
  ];
}

function placeOf({ target, machine }: Pick<PermissionFinding, 'target' | 'machine'>): string {
  if (machine !== null)
    return `${machine.instanceType ?? 'the type of the vault'}, ${machine.market}: `;
  return target === null ? '' : `${targetInWords(target)}: `;
}

const policyWords: Readonly<Record<PermissionFinding['caller'], string>> = {
  engine:
    "attach the policy that 'snapledger aws policy engine' prints, with '--worker-role' if there are workers, and '--account-role' if policies copy to other accounts",
  worker:
    "attach the policy that 'snapledger aws policy worker' prints to the role of the workers, and see that their subnet has a way to S3",
  original: "attach the policy that 'snapledger aws policy original' prints as well",
  account:
    "attach the policy that 'snapledger aws policy account' prints to the role in that account",
};

function explained(finding: PermissionFinding): readonly string[] {
  const { action, caller, outcome } = finding;
  switch (outcome.kind) {
    case 'missing':
      return [`  ${action}: ${placeOf(finding)}${outcome.said}`, `    ${policyWords[caller]}`];
    case 'refused':
      return [`  ${action}: ${placeOf(finding)}${outcome.said}`, `    ${whatToChange(finding)}`];
    case 'allowed':
    case 'untried':
      return [];
  }
}

function whatToChange({ target, machine }: PermissionFinding): string {
  if (machine !== null) return 'change types or market in the workers of the policy';
  return target === null
    ? "change what it complains of in 'cloud' of the vault's vault.json"
    : 'change region, key or account in the replicas of the policy';
}
