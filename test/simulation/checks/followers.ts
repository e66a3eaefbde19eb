import type { Check } from './checked-run.ts';

/**
 * Two followers of a session see the same events: those of the ledger, up to the last one when
 * the engine brought the session to its end.
 */
export const checkFollowers: Check = ({ operator, ledger }) => {
  const violations: string[] = [];
  for (const { sessionId, followers, outcome, process } of operator.followed) {
    const backup = ledger.backups.find((one) => one.sessionId === sessionId);
    const recorded = (backup?.events ?? []).map(({ event }, index) => `${index} ${event.type}`);
    for (const { seen, end } of followers) {
      const where = `a follower of ${sessionId} at ${process.name}`;
      const isPrefix = seen.every((event, index) => event === recorded[index]);
      if (!isPrefix) violations.push(`${where} saw what is not in the ledger: ${seen.join(', ')}`);
      if (process.life !== 'alive') continue;
      if (outcome === 'open') violations.push(`${sessionId} at ${process.name} is still open`);
      if (outcome === 'ended' && end === 'following') violations.push(`${where} still waits`);
      if (outcome === 'ended' && end === 'over' && seen.length !== recorded.length) {
        violations.push(`${where} saw ${seen.length} of ${recorded.length} events`);
      }
    }
  }
  return violations;
};
