import {
  knownOr,
  type ReplayedEvent,
  type SessionSummary,
  type StartedRestore,
} from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
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
  const kept = keptInWords(state);
  const volumes = restoredVolumesOf(state);
  if (volumes.length === 0) return [...lines, ...kept];
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
  return [...lines, '', ...table, ...(left.length === 0 ? [] : ['', ...left]), ...kept];
}

/** What has become of the volumes that gave way to others, and what can be done with them. */
function keptInWords(state: ReplayedEvent['state']): readonly string[] {
  if (state.status !== 'succeeded' || !('exchange' in state)) return [];
  const { exchange, confirmation, sessionId } = state;
  if (confirmation !== null) {
    return ['', `${formatCount(confirmation.removed.length, 'kept volume')} removed`];
  }
  const kept = (exchange?.volumes ?? []).flatMap(({ device, kept: volumeId }) =>
    volumeId === null ? [] : [`${volumeId} (${device})`],
  );
  if (kept.length === 0) return [];
  const id = formatId(sessionId);
  return [
    '',
    `kept, detached: ${kept.join(', ')}`,
    `remove with 'snapledger restore confirm ${id}', bring back with 'snapledger restore undo ${id}'`,
  ];
}

function restoredVolumesOf(state: ReplayedEvent['state']): StartedRestore['restored'] {
  return state.status !== 'not-started' && 'restored' in state ? state.restored : [];
}
