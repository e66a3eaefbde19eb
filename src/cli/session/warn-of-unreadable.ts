import type { Reconciliation } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';
import { warn } from '../output/print.ts';
import { remedyOf } from '../wording/remedies.ts';

/** Of sessions that cannot be read, nothing is removed; of many the first stands for the others. */
export async function warnOfUnreadable(
  context: CliContext,
  unreadable: Reconciliation['unreadable'],
): Promise<void> {
  for (const { sessionId, error } of unreadable.slice(0, 1)) {
    const count = formatCount(unreadable.length, 'session');
    await warn(
      context,
      `what is left of ${count} is kept, because it cannot be read: ${formatId(sessionId)} (${error.message})`,
      remedyOf(error),
    );
  }
}
