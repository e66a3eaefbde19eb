import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { OpenRestore } from '../../domain/retention/history-facts.ts';
import type { SessionDirectory } from '../session/session-directory.ts';

/**
 * The restores of what an instance has that have not ended.
 *
 * @param at that had begun, and not ended, at this moment; default: now
 */
export async function openRestores(
  directory: SessionDirectory,
  instanceId: InstanceId,
  at: TimestampMs | null = null,
): Promise<readonly OpenRestore[]> {
  const restores = await directory.entries({
    instanceId,
    kind: 'restore',
    ...(at === null ? { status: 'running' } : {}),
  });
  return restores.flatMap(({ sessionId, facts: { source, startedAt, endedAt } }) => {
    const isOpen = at === null || (startedAt <= at && (endedAt === null || endedAt > at));
    return source === null || !isOpen ? [] : [{ sessionId, source }];
  });
}
