import type { KeepReason, RemoveReason, TimelineEntry } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatLocalTime } from '../output/format-time.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { itemKindWords } from './item-kind.ts';
import { keepReasonsInWords, removeReasonsInWords } from './retention.ts';

const subjects: Readonly<Record<TimelineEntry['subject'], string>> = {
  session: 'session',
  ...itemKindWords,
};

const indent = ' '.repeat(21);

/** One thing that happened, and below it why. */
export function timelineInWords(entry: TimelineEntry): readonly string[] {
  const { recordedAt, subject, id, what, actor, sessionId } = entry;
  const head = `${subjects[subject]} ${formatId(id)} ${what.replaceAll('-', ' ')}`;
  const source = subject === 'session' ? `by ${actor}` : `in session ${formatId(sessionId)}`;
  return [
    printable(`${formatLocalTime(recordedAt)}  ${head.padEnd(44)}  ${source}`),
    ...reasonsInWords(entry).flatMap((text) =>
      wrapText(printable(text), lineWidthMax - indent.length).map((line) => indent + line),
    ),
  ];
}

/** Reasons of one kind belong into one sentence: some are said differently beside others. */
function reasonsInWords({ reasons, subject }: TimelineEntry): readonly string[] {
  const keep: KeepReason[] = [];
  const remove: RemoveReason[] = [];
  const problems: string[] = [];
  for (const one of reasons) {
    switch (one.kind) {
      case 'problem':
        problems.push(one.problem.message);
        break;
      case 'keep':
        keep.push(one.reason);
        break;
      case 'remove':
        remove.push(one.reason);
        break;
    }
  }
  const item = subject === 'session' ? 'snapshot-set' : subject;
  const retention = [keepReasonsInWords(keep, item), removeReasonsInWords(remove, item)];
  return [...retention.filter((text) => text !== ''), ...problems];
}
