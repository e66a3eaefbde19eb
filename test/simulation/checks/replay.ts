import { isDeepStrictEqual } from 'node:util';
import type { Check } from './checked-run.ts';

/** Replaying a session, event by event, leads to the state and the end that are listed. */
export const checkReplay: Check = async ({ admin, ledger }) => {
  const violations: string[] = [];
  const listed = await admin.engine.listSessions();
  for (const { sessionId, events, state } of ledger.backups) {
    const replayed = await Array.fromAsync(admin.engine.replay(sessionId));
    if (replayed.length !== events.length) {
      violations.push(`replay of ${sessionId} gives ${replayed.length} of ${events.length} events`);
    }
    const last = replayed.at(-1);
    if (!isDeepStrictEqual(last?.state, state)) {
      violations.push(`replay of ${sessionId} leads to another state`);
    }
    const summary = listed.find((one) => one.sessionId === sessionId);
    if (summary?.status !== state.status || summary.pointId !== (state.point?.pointId ?? null)) {
      violations.push(`the list tells of ${sessionId} what its events do not`);
    }
  }
  return violations;
};
