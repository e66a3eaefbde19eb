import type { CalendarPeriod, ItemRef, KeepReason, RemoveReason } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount } from '../output/format-quantity.ts';

/** What one of each kind is called. */
const nouns = {
  'snapshot-set': 'set',
  replica: 'replica',
  'restore-point': 'point',
} as const satisfies Record<ItemRef['kind'], string>;
type Noun = (typeof nouns)[ItemRef['kind']];

/** Reasons that hold whatever the rules of its policy say. */
const pinKinds: readonly KeepReason['kind'][] = [
  'cbt-base',
  'copy-source',
  'in-use',
  'locked',
  'legal-hold',
];

/** Why an item stays. */
export function keepReasonsInWords(reasons: readonly KeepReason[], kind: ItemRef['kind']): string {
  const onlyPinned = reasons.every((reason) => pinKinds.includes(reason.kind));
  const said = { onlyPinned, noun: nouns[kind] };
  return reasons.map((reason) => keepReasonInWords(reason, said)).join('; ');
}

/** Why an item goes. */
export function removeReasonsInWords(
  reasons: readonly RemoveReason[],
  kind: ItemRef['kind'],
): string {
  return reasons.map((reason) => removeReasonInWords(reason, nouns[kind])).join('; ');
}

function keepReasonInWords(
  reason: KeepReason,
  { onlyPinned, noun }: { readonly onlyPinned: boolean; readonly noun: Noun },
): string {
  switch (reason.kind) {
    case 'within-count':
      return reason.keep === 1
        ? `the newest ${noun}, which the policy keeps`
        : `one of the newest ${reason.keep} ${noun}s, which the policy keeps`;
    case 'within-age':
      return `younger than ${periodInWords(reason.age)}`;
    case 'gfs-daily':
    case 'gfs-weekly':
    case 'gfs-monthly':
    case 'gfs-yearly':
      return `the first of the ${gfsPeriods[reason.kind]} that begins on ${reason.label}`;
    case 'replica-base':
      return 'the next copy to this target is incremental only against it';
    case 'parent-point':
      return 'the newest restore point: the next one stores only what differs from it';
    case 'needed-by':
      return `restore point ${formatId(reason.pointId)} cannot be read without it`;
    case 'copy-source':
      return `being copied: replica ${formatId(reason.replicaSetId)}`;
    case 'locked':
      return `locked (hold ${formatId(reason.holdId)})`;
    case 'legal-hold':
      return `under legal hold ${formatId(reason.holdId)}`;
    case 'manual':
      return 'made by hand: no policy removes it';
    case 'no-policy':
      return 'no policy rules over it any more';
    case 'no-rule':
      return 'the policy keeps all restore points';
    case 'host-rule':
      return `${reason.rule}: ${reason.detail}`;
    case 'cbt-base': {
      const base = 'CBT base: the next image-level backup compares with it';
      return onlyPinned ? `${base}, so it stays although no rule keeps it` : base;
    }
    case 'in-use':
      return `in use by session ${formatId(reason.sessionId)}`;
  }
}

function removeReasonInWords(reason: RemoveReason, noun: Noun): string {
  switch (reason.kind) {
    case 'beyond-count':
      return reason.keep === 0
        ? `the policy keeps no ${noun === 'set' ? 'snapshot set' : noun}s`
        : `older than ${newestInWords(reason.keep, noun)}, which the policy keeps`;
    case 'expired':
      return `${periodInWords(reason.age)} old or older`;
    case 'flag-expired':
      return `no longer one of the ${reason.flags.join(', ')} ones that the policy keeps`;
    case 'no-flag':
      return 'not the first of any day, week, month or year that the policy keeps one of';
    case 'nothing-kept':
      return 'the policy has no rule that keeps any';
    case 'manual-expired':
      return 'made by hand, and its expiry has come';
    case 'obsolete':
      return `no policy rules over it, and it is ${periodInWords(reason.after)} old or older`;
    case 'host-rule':
      return `${reason.rule}: ${reason.detail}`;
    case 'incomplete':
      return 'incomplete: a part of it was never made, or is gone';
  }
}

const gfsPeriods = {
  'gfs-daily': 'day',
  'gfs-weekly': 'week',
  'gfs-monthly': 'month',
  'gfs-yearly': 'year',
} as const;

/** `30 days`, `1 month`. */
export function periodInWords({ amount, unit }: CalendarPeriod): string {
  return formatCount(amount, unit.slice(0, -1));
}

function newestInWords(keep: number, noun: Noun): string {
  return keep === 1 ? `the newest ${noun}` : `the newest ${keep} ${noun}s`;
}
