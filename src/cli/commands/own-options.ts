import type { Command } from 'commander';
import { usageError } from '../usage-error.ts';

/**
 * Refuses options of the command above, which it takes for itself wherever they stand: one that says less than
 * the whole must not be overlooked.
 *
 * @param shared that this one has as well
 * @throws INVALID_ARGUMENT
 */
export function refuseOptionsAbove(command: Command, shared: readonly string[] = []): void {
  const above = command.parent;
  const stray = above?.options.find(
    (option) =>
      above.getOptionValueSource(option.attributeName()) === 'cli' &&
      !shared.includes(option.attributeName()),
  );
  if (stray === undefined) return;
  throw usageError(
    `'${stray.long ?? stray.flags}' is no option of '${command.name()}'`,
    'leave it out',
  );
}
