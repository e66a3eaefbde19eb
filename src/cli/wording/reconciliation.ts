import { adoptionWords } from './adoption.ts';
import type { UntrustedResource } from '../../index.ts';
import type { ReconciledRow } from './reconciled-rows.ts';

export const resourceKindWords: Readonly<Record<ReconciledRow['kind'], string>> = {
  snapshot: 'snapshot',
  replica: 'copy',
  shared: 'share',
  volume: 'volume',
  worker: 'worker',
  restore: 'restored',
  kept: 'kept',
  mailbox: 'mailbox',
};

/** Why it stays, goes, or is adopted. */
export function decisionInWords(decision: ReconciledRow['decision']): string {
  return decision.action === 'adopt'
    ? adoptionWords[decision.reason]
    : decisionWords[decision.reason];
}

const decisionWords: Readonly<
  Record<Exclude<ReconciledRow['decision'], { readonly action: 'adopt' }>['reason'], string>
> = {
  'session-open': 'its session runs',
  recorded: 'it is recorded; retention decides about it',
  'unknown-session': 'this ledger does not know its session',
  'kept-by-restore':
    "a restore took its place: 'snapledger restore confirm' or 'undo' decides about it",
  'in-use': 'it was attached meanwhile',
  pending: 'it is not completed yet',
  spare: 'another one of the same set is adopted; this one goes after that',
  discarded: 'its session was cancelled',
  'session-ended': 'its session has ended',
  'not-recorded': 'its session has ended and did not record it',
  'removed-before': 'its removal is recorded',
};

/** Named in a line; of many only the first. */
const namedMax = 3;

export function untrustedInWords(untrusted: readonly UntrustedResource[]): string {
  const named = untrusted
    .slice(0, namedMax)
    .map(({ resourceId, reason }) => `${resourceId} (${reason})`)
    .join(', ');
  const more = untrusted.length - namedMax;
  return more > 0 ? `${named} and ${more} more` : named;
}
