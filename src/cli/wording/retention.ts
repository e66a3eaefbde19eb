import type { KeepReason, RemoveReason } from '../../index.ts';
import { formatId } from '../output/format-id.ts';

/** Why a snapshot set stays. */
export function keepReasonsInWords(reasons: readonly KeepReason[]): string {
  const beyondCount = !reasons.some(({ kind }) => kind === 'within-count');
  return reasons.map((reason) => keepReasonInWords(reason, { beyondCount })).join('; ');
}

/** Why a snapshot set goes. */
export function removeReasonsInWords(reasons: readonly RemoveReason[]): string {
  return reasons.map(removeReasonInWords).join('; ');
}

function keepReasonInWords(
  reason: KeepReason,
  { beyondCount }: { readonly beyondCount: boolean },
): string {
  switch (reason.kind) {
    case 'within-count':
      return reason.keep === 1
        ? 'the newest set, which the policy keeps'
        : `one of the newest ${reason.keep} sets, which the policy keeps`;
    case 'cbt-base': {
      const base = 'CBT base: the next image-level backup compares with it';
      return beyondCount ? `${base}, so it stays although it is beyond the count` : base;
    }
    case 'in-use':
      return `in use by session ${formatId(reason.sessionId)}`;
  }
}

function removeReasonInWords(reason: RemoveReason): string {
  switch (reason.kind) {
    case 'beyond-count':
      return reason.keep === 0
        ? 'the policy keeps no snapshot sets'
        : `older than ${newestInWords(reason.keep)}, which the policy keeps`;
    case 'incomplete':
      return 'incomplete: its session ended before all of its snapshots were done';
  }
}

function newestInWords(keep: number): string {
  return keep === 1 ? 'the newest set' : `the newest ${keep} sets`;
}
