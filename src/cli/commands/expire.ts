import type { Command } from 'commander';
import { addPeriod, type CalendarPeriod, type TimestampMs } from '../../index.ts';
import type { CliContext, Invoke } from '../cli-context.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { formatLocalMinute } from '../output/format-time.ts';
import { printResult } from '../output/print.ts';
import { usageError } from '../usage-error.ts';
import { withVault } from '../with-vault.ts';
import { itemPrefixOf } from './arguments.ts';
import { examplesText } from './examples.ts';
import { parseMoment, parsePeriod } from './moments.ts';

interface ExpireOptions {
  readonly in?: CalendarPeriod;
  readonly at?: TimestampMs;
  readonly never?: true;
}

export function addExpireCommand(parent: Command, invoke: Invoke): void {
  parent
    .command('expire')
    .summary('say when something that was made by hand expires')
    .description(
      'Say when a snapshot set or restore point that was made by hand (backup --manual) expires. ' +
        'No policy removes it; after its expiry the next retention of the instance does.',
    )
    .argument('<item>', 'the id of the item, or at least its first 4 characters')
    .option('--in <period>', 'so long from now: 30d, 4w, 6m, 1y', parsePeriod)
    .option('--at <moment>', 'at this moment: 2027-01-01, 2027-01-01T07:00', parseMoment)
    .option('--never', 'it stays until somebody gives it an expiry')
    .addHelpText(
      'after',
      examplesText(
        { command: 'snapledger expire 3f2a91c4 --in 30d', meaning: 'in thirty days' },
        { command: 'snapledger expire 3f2a91c4 --never', meaning: 'it stays' },
      ),
    )
    .action((item: string, options: ExpireOptions) =>
      invoke((context) => expire(context, itemPrefixOf(item), options)),
    );
}

async function expire(
  context: CliContext,
  prefix: string,
  options: ExpireOptions,
): Promise<ExitCode> {
  const expiresAt = expiryOf(options, context.now());
  const { item } = await withVault(context, async ({ engine }) => {
    const found = await engine.findItem(prefix);
    await engine.setExpiry(found, expiresAt);
    return found;
  });
  const when = expiresAt === null ? 'never expires' : `expires ${formatLocalMinute(expiresAt)}`;
  await printResult(context, {
    json: { id: item.id, kind: item.kind, expiresAt },
    people: () => [`${item.kind} ${formatId(item.id)} ${when}`],
  });
  return exitCodes.done;
}

/** Days of the calendar in UTC: the time of day stays what it is. */
function expiryOf(options: ExpireOptions, now: TimestampMs): TimestampMs | null {
  const given = [options.in, options.at, options.never].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const message = given.length === 0 ? 'it is not said when' : 'it is said more than once when';
    throw usageError(message, "give one of '--in', '--at' and '--never'");
  }
  if (options.in !== undefined) return addPeriod(now, options.in, 'UTC');
  return options.at ?? null;
}
