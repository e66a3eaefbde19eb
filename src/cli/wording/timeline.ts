import type { TimelineEntry, TimelineReason } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { lineWidthMax } from '../output/format-table.ts';
import { formatLocalTime } from '../output/format-time.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { keepReasonsInWords, removeReasonsInWords } from './retention.ts';

const subjects: Readonly<Record<TimelineEntry['subject'], string>> = {
  session: 'session',
  'snapshot-set': 'snapshot set',
  'restore-point': 'restore point',
};

const indent = ' '.repeat(21);

/** One thing that happened, and below it why. */
export function timelineInWords(entry: TimelineEntry): readonly string[] {
  const { recordedAt, subject, id, what, actor, sessionId } = entry;
  const head = `${subjects[subject]} ${formatId(id)} ${what.replaceAll('-', ' ')}`;
  const source = subject === 'session' ? `by ${actor}` : `in session ${formatId(sessionId)}`;
  return [
    printable(`${formatLocalTime(recordedAt)}  ${head.padEnd(44)}  ${source}`),
    ...reasonsInWords(entry.reasons).flatMap((text) =>
      wrapText(printable(text), lineWidthMax - indent.length).map((line) => indent + line),
    ),
  ];
}

function reasonsInWords(reasons: readonly TimelineReason[]): readonly string[] {
  return reasons.map((reason) => {
    switch (reason.kind) {
      case 'problem':
        return reason.problem.message;
      case 'within-count':
      case 'cbt-base':
      case 'in-use':
        return keepReasonsInWords([reason]);
      case 'beyond-count':
      case 'incomplete':
        return removeReasonsInWords([reason]);
    }
  });
}
