import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SessionFilter, TimestampMs } from '../../../index.ts';
import { usageError } from '../../usage-error.ts';
import { instanceIdOf } from '../arguments.ts';

/** The options that choose sessions, as commander gives them. */
export interface SessionFilterOptions {
  readonly instance?: string;
  readonly since?: TimestampMs;
  readonly until?: TimestampMs;
  readonly outcome?: NonNullable<SessionFilter['outcome']>;
  readonly actor?: string;
}

const outcomes: readonly NonNullable<SessionFilter['outcome']>[] = [
  'succeeded',
  'warning',
  'failed',
  'cancelled',
  'running',
];

export function addSessionFilterOptions(command: Command): Command {
  return command
    .option('--instance <instance>', 'only sessions of this instance')
    .option('--since <time>', 'only those begun then or later, for example 2026-03-01', parseTime)
    .option('--until <time>', 'only those begun before', parseTime)
    .addOption(new Option('--outcome <outcome>', 'only those that ended so').choices(outcomes))
    .option('--actor <actor>', 'only those that this user or program began');
}

export function sessionFilterOf(options: SessionFilterOptions): SessionFilter {
  const { instance, since, until, outcome, actor } = options;
  if (since !== undefined && until !== undefined && since >= until) {
    throw usageError('--since is not before --until', 'give the earlier time with --since');
  }
  return {
    ...(instance === undefined ? {} : { instanceId: instanceIdOf(instance) }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(actor === undefined ? {} : { actor }),
  };
}

/** A day, or a time of ISO 8601; local time unless it names a zone. */
function parseTime(text: string): TimestampMs {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const value = isDay || isTime ? Date.parse(isDay ? `${text}T00:00` : text) : NaN;
  if (!Number.isNaN(value)) return value as TimestampMs;
  throw new InvalidArgumentError('Give a day (2026-03-29) or a time (2026-03-29T07:00).');
}
