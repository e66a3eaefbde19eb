import type { Reconciliation, UntrustedResource } from '../../index.ts';

type ReconciledItem = Reconciliation['items'][number];

export const resourceKindWords: Readonly<Record<ReconciledItem['item']['kind'], string>> = {
  snapshot: 'snapshot',
  replica: 'copy',
  shared: 'share',
  volume: 'volume',
  worker: 'worker',
  restore: 'restored',
  kept: 'kept',
};

export const decisionWords: Readonly<Record<ReconciledItem['decision']['reason'], string>> = {
  'session-open': 'its session runs',
  recorded: 'it is recorded; retention decides about it',
  'unknown-session': 'this ledger does not know its session',
  'kept-by-restore':
    "a restore took its place: 'snapledger restore confirm' or 'undo' decides about it",
  'in-use': 'it was attached meanwhile',
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
