import type { ReplayedEvent, SessionSummary, StartedBackup } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatNumber, formatPercent, formatSize } from '../output/format-quantity.ts';
import { formatTable, lineWidthMax } from '../output/format-table.ts';
import { formatDuration, formatLocalTime } from '../output/format-time.ts';
import { printable } from '../output/printable.ts';
import { wrapText } from '../output/wrap-text.ts';
import { noticeInWords } from '../wording/notices.ts';
import { readModeInWords } from '../wording/read-mode.ts';
import { keepReasonsInWords, removeReasonsInWords } from '../wording/retention.ts';
import { sessionKindInWords, sessionStatusInWords } from '../wording/session-status.ts';
import { subjectInWords } from '../wording/session-subject.ts';

const labelWidth = 12;

/** What a backup session did, for somebody who sees such a thing for the first time. */
export function backupSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const kind = sessionKindInWords(summary);
  const lines = [
    `${kind} of ${printable(subjectInWords(summary))}: ${sessionStatusInWords(summary)}${took}`,
    '',
    ...labelled('session', `${formatId(summary.sessionId)}, begun ${formatLocalTime(startedAt)}`),
  ];
  if (state.status === 'not-started' || !('scope' in state)) return lines;
  return [
    ...lines,
    ...snapshotLines(state),
    ...pointLines(state),
    ...volumeLines(state),
    ...retentionLines(state),
    ...otherRemovalLines(state),
    ...leftChainLines(state),
    ...(state.instance?.notices ?? []).flatMap((notice) => [
      '',
      ...labelled('note', printable(noticeInWords(notice))),
    ]),
    // What made a session fail is the error that the command ends with.
    ...state.warnings.flatMap(({ message }) => ['', ...labelled('warning', printable(message))]),
  ];
}

function snapshotLines({ snapshotSet: set }: StartedBackup): readonly string[] {
  const takenAt = set?.takenAt ?? null;
  if (set === null || takenAt === null) return [];
  const snapshots = formatCount(set.snapshots.length, 'volume');
  const text = `set ${formatId(set.setId)} of ${snapshots}, taken ${formatLocalTime(takenAt)}`;
  return labelled('snapshots', text);
}

function pointLines({ point }: StartedBackup): readonly string[] {
  if (point === null) return [];
  const id = formatId(point.pointId);
  return labelled('point', `${id} (get it back: snapledger restore ${id} --to DIR)`);
}

function volumeLines({ readPlan, transfers, point }: StartedBackup): readonly string[] {
  // Without a point, what was read is of no use to anybody.
  if (point === null) return [];
  return (readPlan ?? []).flatMap((volume) => {
    const transfer = transfers.find(({ volumeId }) => volumeId === volume.volumeId);
    if (transfer === undefined) return [];
    const { blocksRead, blocksUnchanged, blocksZero, blocksDeduplicated, blocksStored } = transfer;
    const { bytesRead, bytesStored } = transfer;
    const size = formatSize(volume.sizeBytes);
    const share =
      bytesRead === 0 ? '' : `, ${formatPercent(bytesStored, bytesRead)} of what was read`;
    return [
      '',
      ...labelled(printable(volume.device), `${size}; read: ${readModeInWords(volume)}`),
      ...labelled('  read', `${formatCount(blocksRead, 'block')}, ${formatSize(bytesRead)}`),
      ...labelled(
        '  of these',
        `${formatNumber(blocksUnchanged)} unchanged, ${formatNumber(blocksZero)} all zero, ` +
          `${formatNumber(blocksDeduplicated)} stored before, ${formatNumber(blocksStored)} new`,
      ),
      ...labelled('  stored', `${formatSize(bytesStored)}, compressed and encrypted${share}`),
    ];
  });
}

function retentionLines({ retention, unremoved }: StartedBackup): readonly string[] {
  if (retention === null) return [];
  const rows = [
    ...retention.snapshots.remove.map(({ id, takenAt, reasons }) => {
      const verdict = unremoved.sets.includes(id) ? 'not removed' : 'removed';
      return [
        formatId(id),
        formatLocalTime(takenAt),
        verdict,
        removeReasonsInWords(reasons, 'snapshot-set'),
      ];
    }),
    ...retention.snapshots.keep.map(({ id, takenAt, reasons }) => [
      formatId(id),
      formatLocalTime(takenAt),
      'kept',
      keepReasonsInWords(reasons, 'snapshot-set'),
    ]),
  ];
  const columns = ['SNAPSHOT SET', 'TAKEN', 'RETENTION', 'WHY'].map(
    (title) => ({ title, align: 'left' }) as const,
  );
  return [
    '',
    ...formatTable(
      columns,
      rows.map((cells) => ({ cells })),
    ),
  ];
}

/** Replicas and restore points that went with this session; what stays of them is in their lists. */
function otherRemovalLines({ retention, removed }: StartedBackup): readonly string[] {
  if (retention === null) return [];
  const replicas = retention.replicas.remove
    .filter(({ id }) => removed.replicas.includes(id))
    .map(({ id, reasons }) => ({
      what: 'replica',
      id,
      why: removeReasonsInWords(reasons, 'replica'),
    }));
  const points = retention.points.expire
    .filter(({ id }) => removed.points.includes(id))
    .map(({ id, reasons }) => ({
      what: 'restore point',
      id,
      why: removeReasonsInWords(reasons, 'restore-point'),
    }));
  return [...replicas, ...points].flatMap(({ what, id, why }) =>
    labelled('removed', `${what} ${formatId(id)}: ${why}`),
  );
}

/** Restore points that left the chain with this session, and whose data is still there. */
function leftChainLines({ retention, expiredPoints, removed }: StartedBackup): readonly string[] {
  if (retention === null) return [];
  return retention.points.expire
    .filter(({ id }) => expiredPoints.includes(id) && !removed.points.includes(id))
    .flatMap(({ id, reasons, held }) => {
      const why = removeReasonsInWords(reasons, 'restore-point');
      const still = held.length === 0 ? '' : `: ${keepReasonsInWords(held, 'restore-point')}`;
      const text = `restore point ${formatId(id)}: ${why}; its data is not removed yet${still}`;
      return labelled('left chain', text);
    });
}

function labelled(label: string, text: string): readonly string[] {
  const [first = '', ...more] = wrapText(text, lineWidthMax - labelWidth);
  return [label.padEnd(labelWidth) + first, ...more.map((line) => ' '.repeat(labelWidth) + line)];
}
