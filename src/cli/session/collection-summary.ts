import type { ReplayedEvent, SessionSummary, StartedRepositorySession } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { formatDuration } from '../output/format-time.ts';
import { dataInWords, heldInWords } from '../wording/repository-events.ts';
import { sessionStatusInWords } from '../wording/session-status.ts';

/** What a collection has freed, and what it has left for later. */
export function collectionSummary(
  summary: SessionSummary,
  state: ReplayedEvent['state'],
): readonly string[] {
  const { startedAt, endedAt } = summary;
  const took = endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  const first = `collection: ${sessionStatusInWords(summary)}${took}`;
  if (state.status === 'not-started' || !('work' in state)) return [first];
  return [first, `removed      ${dataInWords(state.removed)}`, ...planLines(state)];
}

function planLines({ plan }: StartedRepositorySession): readonly string[] {
  if (plan === null) return [];
  const { awaiting, held, unexplained, openWriters } = plan;
  return [
    `in use       ${dataInWords(plan.inUse)}`,
    ...(awaiting.objects === 0
      ? []
      : [
          `waiting      ${dataInWords(awaiting)}, for the end of ` +
            `${formatCount(openWriters.length, 'session')} that may know it; then collect again`,
        ]),
    ...(held.objects === 0 ? [] : [`held         ${heldInWords(held)}; collect again then`]),
    ...(unexplained.objects === 0
      ? []
      : [`unexplained  ${dataInWords(unexplained)}, of sessions that nothing is known of: kept`]),
  ];
}
