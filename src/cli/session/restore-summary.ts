import {
  knownOr,
  type ReplayedEvent,
  type SessionSummary,
  type StartedRestore,
} from '../../index.ts';
import { formatSize } from '../output/format-quantity.ts';
import { formatTable } from '../output/format-table.ts';
import { formatDuration } from '../output/format-time.ts';
import { printable } from '../output/printable.ts';
import { leftBehind } from '../wording/restore-events.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';
import { subjectInWords } from '../wording/session-subject.ts';

/** Where the volumes of a restored point are now. */
export function restoreSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const lines = [
    `restore of ${printable(subjectInWords(summary))}: ${sessionStatusInWords(summary)}${took}`,
  ];
  if (state.status !== 'not-started' && 'launched' in state && state.launched !== null) {
    lines.push(`instance ${state.launched}`);
  }
  const volumes = restoredVolumesOf(state);
  if (volumes.length === 0) return lines;
  const table = formatTable(
    [
      { title: 'DEVICE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'DATA', align: 'right' },
      { title: 'DAMAGED', align: 'right' },
      { title: 'WHERE', align: 'left' },
    ],
    volumes.map((volume) => ({
      cells: [
        volume.device,
        formatSize(volume.sizeBytes),
        formatSize(volume.bytesWritten),
        volume.bytesDamaged === 0 ? 'nothing' : formatSize(volume.bytesDamaged),
        volume.location === null ? 'not recorded' : knownOr(volume.location, 'forgotten'),
      ],
    })),
  );
  const left = 'warnings' in state ? leftBehind(state.warnings) : [];
  return [...lines, '', ...table, ...(left.length === 0 ? [] : ['', ...left])];
}

function restoredVolumesOf(state: ReplayedEvent['state']): StartedRestore['restored'] {
  return state.status !== 'not-started' && 'restored' in state ? state.restored : [];
}
