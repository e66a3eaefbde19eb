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
  const volumes = restoredVolumesOf(state);
  if (volumes.length === 0) return lines;
  const table = formatTable(
    [
      { title: 'DEVICE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'DATA', align: 'right' },
      { title: 'DAMAGED', align: 'right' },
      { title: 'IMAGE', align: 'left' },
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
  return [...lines, '', ...table];
}

function restoredVolumesOf(state: ReplayedEvent['state']): StartedRestore['restored'] {
  return state.status !== 'not-started' && 'restored' in state ? state.restored : [];
}
