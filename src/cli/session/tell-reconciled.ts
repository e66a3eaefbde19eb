import { placeInWords, type ReconciledPlace, type RunPoliciesRequest } from '../../index.ts';
import { accountOptionsOf } from '../cloud/account-choice.ts';
import type { CliContext } from '../cli-context.ts';
import { formatCount } from '../output/format-quantity.ts';
import { warn } from '../output/print.ts';
import { untrustedInWords } from '../wording/reconciliation.ts';
import { remedyOf } from '../wording/remedies.ts';
import { reconciledRows } from '../wording/reconciled-rows.ts';
import { warnOfUnreadable } from './warn-of-unreadable.ts';

/** Only what somebody has to know: where all is in order nothing is said. */
export async function tellReconciled(
  context: CliContext,
  looked: ReconciledPlace,
  mode: RunPoliciesRequest['reconcile'] = 'adopt',
): Promise<void> {
  const where = placeInWords(looked.place);
  if (looked.kind === 'failed') {
    const { error } = looked;
    await warn(
      context,
      `what is left over in ${where} cannot be seen: ${error.message}`,
      remedyOf(error),
    );
    return;
  }
  const { untrusted, unreadable } = looked.reconciliation;
  const rows = reconciledRows(looked.reconciliation);
  const going = rows.filter(({ decision }) => decision.action === 'remove');
  const adopted = rows.filter(({ decision }) => decision.action === 'adopt');
  const unadopted = adopted.filter(({ problem }) => problem !== null);
  const unremoved = going.filter(({ problem }) => problem !== null);
  if (mode === 'plan' && adopted.length > 0) {
    await warn(
      context,
      `whole in ${where} and not in the record: ${formatCount(adopted.length, 'resource')}`,
      `'snapledger reconcile --region ${looked.place.region}${accountOptionsOf(looked.place.account)}' shows them, and adopts them with '--yes'.`,
    );
  }
  if (mode !== 'plan' && adopted.length > unadopted.length) {
    const count = formatCount(adopted.length - unadopted.length, 'resource');
    await context.stderr.write(`reconcile: ${count} adopted in ${where}\n`);
  }
  for (const { problem } of unadopted.slice(0, 1)) {
    await warn(
      context,
      `${formatCount(unadopted.length, 'resource')} could not be adopted in ${where}: ${problem?.message ?? ''}`,
      'It is tried again at the next look.',
    );
  }
  if (going.length > 0 && mode === 'remove') {
    const count = formatCount(going.length - unremoved.length, 'left-over resource');
    await context.stderr.write(`reconcile: ${count} removed in ${where}\n`);
  }
  if (going.length > 0 && mode !== 'remove') {
    await warn(
      context,
      `left over in ${where} from sessions that have ended: ${formatCount(going.length, 'resource')}`,
      `'snapledger reconcile --region ${looked.place.region}${accountOptionsOf(looked.place.account)}' shows them, and removes them with '--yes'.`,
    );
  }
  for (const { problem } of unremoved.slice(0, 1)) {
    await warn(
      context,
      `${formatCount(unremoved.length, 'left-over resource')} could not be removed in ${where}: ${problem?.message ?? ''}`,
      'It is tried again at the next look.',
    );
  }
  if (untrusted.length > 0) {
    await warn(
      context,
      `${formatCount(untrusted.length, 'resource')} in ${where} with tags that were changed: ${untrustedInWords(untrusted)}`,
      'Find out who may write tags in this account; nothing is done with them.',
    );
  }
  await warnOfUnreadable(context, unreadable);
}
