import type { ReplayedEvent, SessionSummary } from '../../index.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { formatDuration } from '../output/format-time.ts';
import { dataInWords } from '../wording/repository-events.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';

/** What a repacking has moved, and what a collection can remove now. */
export function repackSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const first = `repacking: ${sessionStatusInWords(summary)}${took}`;
  if (state.status === 'not-started' || !('work' in state)) return [first];
  const { repackPlan, moved } = state;
  if (repackPlan?.sparse.objects === 0)
    return [first, 'there is no object of which little is needed'];
  if (moved === null || repackPlan === null) return [first];
  return [
    first,
    `moved        ${formatCount(moved.pointsMoved, 'point')}, ${formatSize(moved.bytesWritten)} written`,
    ...(moved.pointsMoved === 0
      ? []
      : [`to be freed  ${dataInWords(repackPlan.sparse)}, by 'snapledger gc run'`]),
    ...(repackPlan.left.objects === 0 ? [] : [`left         ${dataInWords(repackPlan.left)}`]),
    ...(moved.blocksDamaged === 0
      ? []
      : [
          `damaged      ${formatCount(moved.blocksDamaged, 'block')} left where it was: ` +
            "'snapledger verify --deep' names them",
        ]),
  ];
}
