import type { BackupView } from '../ledger-view.ts';
import type { Check } from './checked-run.ts';

/**
 * An instance has at most one open session: each begins after the one before has ended, and each
 * is listed in the instance's stream. A session that lost its claim before it began anything is
 * only a note that it was tried.
 */
export const checkOneAtATime: Check = ({ ledger }) => {
  const violations: string[] = [];
  const before = new Map<string, BackupView>();
  for (const backup of ledger.backups) {
    const { instanceId, sessionId } = backup;
    const listed = ledger.instances.get(instanceId)?.sessions ?? [];
    if (!listed.includes(sessionId)) {
      violations.push(`session ${sessionId} runs on ${instanceId}, which does not list it`);
    }
    if (!hasBegun(backup)) continue;
    const previous = before.get(instanceId);
    if (previous !== undefined && endOf(previous) > beginningOf(backup)) {
      violations.push(
        `session ${sessionId} of ${instanceId} began before ${previous.sessionId} had ended`,
      );
    }
    before.set(instanceId, backup);
  }
  return violations;
};

function hasBegun({ events }: BackupView): boolean {
  return events.some(({ event }) => event.type === 'InstanceInspected');
}

function beginningOf({ events }: BackupView): number {
  return events[0]?.position ?? 0;
}

function endOf({ events, state }: BackupView): number {
  return state.endedAt === null ? Infinity : (events.at(-1)?.position ?? 0);
}
