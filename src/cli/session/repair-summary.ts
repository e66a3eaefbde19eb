import type { ReplayedEvent, SessionSummary } from '../../index.ts';
import { formatId } from '../output/format-id.ts';
import { formatCount, formatSize } from '../output/format-quantity.ts';
import { formatDuration } from '../output/format-time.ts';
import { healableInWords } from '../wording/repository-events.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';

/** What a repair has found and healed, and what is left. */
export function repairSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt, instanceId } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const first = `repair of ${instanceId ?? ''}: ${sessionStatusInWords(summary)}${took}`;
  if (state.status === 'not-started' || !('work' in state)) return [first];
  const { damage, repairPlan, healed, damageLeft, marked } = state;
  const pieces = healed ?? repairPlan;
  const left = marked.flatMap(({ damaged }) => damaged);
  const lost = new Map(
    damageLeft.flatMap(({ pointId, volumeId, objectKey }) =>
      volumeId === null ? [[pointId, objectKey] as const] : [],
    ),
  );
  if (damage.length === 0 && marked.length > 0) return [first, 'nothing is damaged'];
  return [
    first,
    ...(pieces === null ? [] : healableInWords(pieces).map((line) => `found        ${line}`)),
    ...(healed === null || healed.pointsHealed === 0
      ? []
      : [
          `healed       ${formatCount(healed.pointsHealed, 'point')}, ` +
            `${formatSize(healed.bytesWritten)} written`,
        ]),
    ...left.map(
      (pointId) => `left         point ${formatId(pointId)} ${leftInWords(lost.get(pointId))}`,
    ),
  ];
}

/** @param objectKey of the point itself, when that is what is damaged */
function leftInWords(objectKey: string | undefined): string {
  return objectKey === undefined
    ? 'is damaged: a restore gives back all that is sound'
    : `cannot be restored: bring ${objectKey} back from a copy`;
}
