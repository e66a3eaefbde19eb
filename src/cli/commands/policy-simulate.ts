import { type Command, InvalidArgumentError } from 'commander';
import {
  type BackupPolicy,
  type SimulatedDay,
  simulateNativePolicy,
  type TimestampMs,
} from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '../output/format-quantity.ts';
import { printResult, warn } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { simulationInWords } from '../wording/simulation.ts';
import { parsePositiveNumber } from './arguments.ts';
import { examplesText } from './examples.ts';
import { readPolicyFile } from './policy-file.ts';

interface PolicySimulateOptions {
  readonly for: number;
  readonly from?: string;
  readonly policy?: string;
  readonly imageEvery?: number;
  readonly fail?: readonly number[];
}

const daysMax = 3_660;
const defaultDays = 30;

export function addPolicySimulateCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('simulate')
    .summary('show what a policy would do, day by day')
    .description(
      'Let a policy of a file run on one instance in imagined time, by the rules that backups go ' +
        'by, and show day by day what is made, what is removed and what is there. Maintenance that ' +
        "'snapledger run' does between the backups is a part of it. Needs no vault, and backs " +
        'nothing up.',
    )
    .argument('<file>', 'a file with policies')
    .option('--for <days>', 'how long, such as 90d', parseDays, defaultDays)
    .option(
      '--from <date>',
      'the first day, of the time zone of the policy, such as 2026-01-05; default: today',
      parseDate,
    )
    .option('--policy <name>', 'which policy, when the file has several')
    .option('--image-every <n>', 'let every n-th session be image-level', parsePositiveNumber)
    .option('--fail <numbers>', 'let these sessions fail, such as 3,7', parseNumbers)
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger policy simulate policies.yaml --for 90d', meaning: 'three months' },
        {
          command: 'snapledger policy simulate policies.yaml --image-every 5 --fail 6',
          meaning: 'every fifth session image-level, and the sixth one fails',
        },
      ),
    )
    .action((file: string, options: PolicySimulateOptions) =>
      invoke((context) => simulate(context, file, options)),
    );
}

async function simulate(
  context: CliContext,
  file: string,
  options: PolicySimulateOptions,
): Promise<ExitCode> {
  const policy = chosen(await readPolicyFile(context, file), options.policy);
  if (options.imageEvery !== undefined && policy.image.level === 'off') {
    throw usageError(
      `image-level backup is off in policy '${policy.policyId}', so '--image-every' has no effect`,
      "leave it out, or set 'level: on' below 'image' in the file",
    );
  }
  const days = simulateNativePolicy(policy, {
    firstDate: options.from ?? dateAt(context.now(), policy.timeZone),
    daysCount: options.for,
    imageEvery: options.imageEvery ?? null,
    failing: new Set(options.fail),
  });
  await printResult(context, {
    json: days.map((day) => ({ id: day.date, ...day })),
    people: () => [...heading(policy), ...simulationInWords(days, policy.timeZone)],
  });
  await warnOfAbsent(context, options, days);
  return exitCodes.done;
}

/** Sessions that are to fail, and never come. */
async function warnOfAbsent(
  context: CliContext,
  { fail = [], for: daysCount }: PolicySimulateOptions,
  days: readonly SimulatedDay[],
): Promise<void> {
  const count = days.reduce((sum, { sessions }) => sum + sessions.length, 0);
  const absent = fail.filter((number) => number > count);
  if (absent.length === 0) return;
  await warn(
    context,
    `'--fail ${absent.join(',')}' has no effect: in ${formatCount(daysCount, 'day')} there ` +
      `${count === 1 ? 'is' : 'are'} ${formatCount(count, 'session')}`,
    "Name sessions that there are, or simulate a longer time with '--for'.",
  );
}

function chosen(policies: readonly BackupPolicy[], name: string | undefined): BackupPolicy {
  const found = name === undefined ? policies : policies.filter((one) => one.policyId === name);
  const [policy] = found;
  if (policy !== undefined && found.length === 1) return policy;
  const names = policies.map(({ policyId }) => policyId).join(', ');
  throw usageError(
    name === undefined ? 'the file has several policies' : `the file has no policy '${name}'`,
    `name one with --policy: ${names}`,
  );
}

function heading({ policyId, timeZone }: BackupPolicy): readonly string[] {
  return [`policy ${policyId}, times of ${timeZone}; * is the CBT base`, ''];
}

function dateAt(now: TimestampMs, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return format.format(now);
}

function parseDays(text: string): number {
  const days = Number(/^(\d+)d?$/.exec(text)?.[1] ?? NaN);
  if (days >= 1 && days <= daysMax) return days;
  throw new InvalidArgumentError(`Give a number of days from 1 to ${daysMax}, such as 90d.`);
}

function parseDate(text: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  if (isDate && new Date(text).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('Give a date, such as 2026-01-05.');
}

function parseNumbers(text: string): readonly number[] {
  if (/^[1-9]\d*(,[1-9]\d*)*$/.test(text)) return text.split(',').map(Number);
  throw new InvalidArgumentError('Give numbers of sessions, such as 3,7.');
}
