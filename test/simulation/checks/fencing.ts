import type { Check } from './checked-run.ts';

/**
 * Once another engine has recorded something in a session, the one before never does again: it
 * was fenced. (An engine that has lost a session takes none over: it is held to be dead.)
 */
export const checkFencing: Check = ({ ledger }) =>
  ledger.backups.flatMap(({ sessionId, events }) => {
    const writers = events
      .map(({ actor }) => actor)
      .filter((actor, index, all) => actor !== all[index - 1]);
    const isFenced = new Set(writers).size === writers.length;
    return isFenced ? [] : [`session ${sessionId} was written by ${writers.join(', then ')}`];
  });
