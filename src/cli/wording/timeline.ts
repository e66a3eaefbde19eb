import {
  type ItemRef,
  type KeepReason,
  knownOr,
  type RemoveReason,
  type TimelineEntry,
  type TimelineReason,
} from '../../index.ts';
import { heldByJson } from '../items/holds.ts';
import { formatId } from '../output/format-id.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatLocalTime } from '../output/format-time.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { adoptionWords } from './adoption.ts';
import { itemKindWords } from './item-kind.ts';
import { keepReasonsInWords, removeReasonsInWords } from './retention.ts';

const subjects: Readonly<Record<TimelineEntry['subject'], string>> = {
  instance: 'instance',
  session: 'session',
  clock: 'the clock of',
  ...itemKindWords,
};

const indent = ' '.repeat(21);

/** One thing that happened, and below it why. */
export function timelineInWords(entry: TimelineEntry): readonly string[] {
  const { recordedAt, subject, what, actor, sessionId } = entry;
  const head = `${subjects[subject]} ${nameOf(entry)} ${what.replaceAll('-', ' ')}`;
  const source =
    subject === 'session' || sessionId === null
      ? `by ${actor}`
      : `in session ${formatId(sessionId)}`;
  return [
    printable(`${formatLocalTime(recordedAt)}  ${head.padEnd(44)}  ${source}`),
    ...reasonsInWords(entry).flatMap((text) =>
      wrapText(printable(text), lineWidthMax - indent.length).map((line) => indent + line),
    ),
  ];
}

/** Names of instances and streams are said whole: they are no ids that a beginning would do for. */
function nameOf({ subject, id }: TimelineEntry): string {
  return subject === 'instance' || subject === 'clock' ? id : formatId(id);
}

export function reasonJson(reason: TimelineReason): object {
  return reason.kind === 'hold' ? { ...reason, hold: heldByJson(reason.hold) } : reason;
}

/** Reasons of one kind belong into one sentence: some are said differently beside others. */
function reasonsInWords({ reasons, subject }: TimelineEntry): readonly string[] {
  const keep: KeepReason[] = [];
  const remove: RemoveReason[] = [];
  const others: string[] = [];
  for (const one of reasons) {
    switch (one.kind) {
      case 'keep':
        keep.push(one.reason);
        break;
      case 'remove':
        remove.push(one.reason);
        break;
      case 'problem':
      case 'adoption':
      case 'hold':
      case 'expiry':
      case 'key-destroyed':
      case 'recorded-before':
        others.push(reasonInWords(one));
    }
  }
  const item = isItemKind(subject) ? subject : 'snapshot-set';
  const retention = [keepReasonsInWords(keep, item), removeReasonsInWords(remove, item)];
  return [...retention.filter((text) => text !== ''), ...others];
}

function reasonInWords(reason: Exclude<TimelineReason, { kind: 'keep' | 'remove' }>): string {
  switch (reason.kind) {
    case 'problem':
      return reason.problem.message;
    case 'adoption':
      return adoptionWords[reason.because];
    case 'hold': {
      const { hold, holdId } = reason;
      return hold.kind === 'lock'
        ? `hold ${formatId(holdId)}: locked until ${formatLocalTime(hold.until)}`
        : `hold ${formatId(holdId)}: ${knownOr(hold.note, 'its note is forgotten')}`;
    }
    case 'expiry':
      return reason.expiresAt === null
        ? 'never expires'
        : `expires on ${formatLocalTime(reason.expiresAt)}`;
    case 'key-destroyed':
      return reason.keyId === null
        ? 'there was no key of its sensitive fields that could be read'
        : `the key ${reason.keyId} of its sensitive fields was to be destroyed`;
    case 'recorded-before':
      return (
        `the event before was recorded on ${formatLocalTime(reason.previousAt)}: a clock was put ` +
        'back, or those of two machines differ'
      );
  }
}

function isItemKind(subject: TimelineEntry['subject']): subject is ItemRef['kind'] {
  return Object.hasOwn(itemKindWords, subject);
}
