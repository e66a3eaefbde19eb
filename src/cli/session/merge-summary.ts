import type { ReplayedEvent, SessionSummary } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { formatDuration } from '../output/format-time.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';

/** Which points were merged, and which ones can go now. */
export function mergeSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const first = `merging: ${sessionStatusInWords(summary)}${took}`;
  if (state.status === 'not-started' || !('work' in state)) return [first];
  const { mergePlan, merged } = state;
  if (mergePlan?.merges.length === 0) return [first, nothingToMerge];
  return [
    first,
    ...merged.map(
      ({ pointId, absorbed, bytesWritten }) =>
        `merged       ${formatId(pointId)} with ${absorbed.map(formatId).join(', ')}, ` +
        `${formatSize(bytesWritten)} written`,
    ),
    ...(merged.length === 0
      ? []
      : ["             'snapledger retention run' removes what nobody needs now"]),
    ...(mergePlan === null || mergePlan.left === 0 ? [] : [leftInWords(mergePlan.left)]),
  ];
}

export const nothingToMerge = 'no point stays only because another one needs it';

export function leftInWords(left: number): string {
  return `left         ${formatCount(left, 'point')} for the next time`;
}
