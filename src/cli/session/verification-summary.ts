import type { ReplayedEvent, SessionSummary } from '../../index.ts';
import { formatPercent, formatSize } from '../output/format-quantity.ts';
import { formatDuration } from '../output/format-time.ts';
import { dataInWords } from '../wording/repository-events.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';

/** How much a verification has read; what it has found was shown as it was found. */
export function verificationSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const first = `verification: ${sessionStatusInWords(summary)}${took}`;
  if (state.status === 'not-started' || !('work' in state) || state.covered === null)
    return [first];
  const { covered } = state;
  const share = formatPercent(covered.bytes, covered.bytesTotal);
  return [
    first,
    `structure    all points`,
    `data         ${dataInWords(covered)} of ${formatSize(covered.bytesTotal)} read (${share})`,
  ];
}
