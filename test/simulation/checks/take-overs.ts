import type { EngineId } from '../../../src/domain/identifiers.ts';
import type { Check } from './checked-run.ts';

/** A session is taken over only from an engine that was no longer seen. */
export const checkTakeOvers: Check = ({ world, ledger }) => {
  const violations: string[] = [];
  const holders = new Map<string, { readonly engineId: EngineId; readonly actor: string }>();
  for (const { event, position, actor } of ledger.claims) {
    if (event.type !== 'SessionClaimed' && event.type !== 'SessionTakenOver') continue;
    const { sessionId, engineId } = event.data;
    const holder = holders.get(sessionId);
    if (event.type === 'SessionTakenOver' && holder !== undefined) {
      const absentSince = world.absentSince.get(holder.engineId) ?? Infinity;
      if (absentSince >= position) {
        violations.push(`${actor} took ${sessionId} over from ${holder.actor}, which was alive`);
      }
    }
    holders.set(sessionId, { engineId, actor });
  }
  return violations;
};
