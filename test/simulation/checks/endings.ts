import type { Check } from './checked-run.ts';

const endTypes: ReadonlySet<string> = new Set([
  'SessionCompleted',
  'SessionFailed',
  'SessionCancelled',
]);

/**
 * Every session has ended, once; a session commits at most one point, and one that has committed
 * ends well. No instance is claimed any more, and the last backup of each, made without faults,
 * has succeeded.
 */
export const checkEndings: Check = ({ world, ledger }) => {
  const violations: string[] = [];
  for (const { sessionId, events, state } of ledger.backups) {
    const types = events.map(({ event }) => event.type);
    const ends = types.filter((type) => endTypes.has(type)).length;
    if (ends === 0) violations.push(`session ${sessionId} has not ended`);
    if (ends > 1) violations.push(`session ${sessionId} has ended ${ends} times`);
    if (ends === 1 && !endTypes.has(types.at(-1) ?? '')) {
      violations.push(`session ${sessionId} goes on after its end`);
    }
    const commits = types.filter((type) => type === 'RestorePointCommitted').length;
    if (commits > 1) violations.push(`session ${sessionId} committed ${commits} points`);
    if (commits > 0 && (state.status === 'failed' || state.status === 'cancelled')) {
      violations.push(`session ${sessionId} committed its point and ended as ${state.status}`);
    }
  }
  for (const [stream, events] of ledger.restores) {
    if (!events.some(({ type }) => /^Restore(Completed|Failed|Cancelled)$/.test(type))) {
      violations.push(`the restore ${stream} has not ended`);
    }
  }
  for (const [instanceId, { claim }] of ledger.instances) {
    if (claim === null) continue;
    violations.push(`instance ${instanceId} is still claimed, for session ${claim.sessionId}`);
  }
  for (const instanceId of world.disks.instanceIds) {
    const last = ledger.backups.findLast(
      (backup) => backup.instanceId === instanceId && backup.state.instance !== null,
    );
    const status = last?.state.status ?? 'none';
    if (status !== 'succeeded' && status !== 'warning') {
      violations.push(`the last backup of ${instanceId}, without faults, ended as ${status}`);
    }
  }
  return violations;
};
