import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { replaySession } from '../session/session-reader.ts';
import type { RevisionRange } from './audit.ts';
import { differencesOf, type StateDifference } from './state-difference.ts';

/** @throws INVALID_ARGUMENT when the session has no such event */
export async function diffSession(
  ledger: Ledger,
  sessionId: SessionId,
  { from, to }: RevisionRange,
): Promise<readonly StateDifference[]> {
  const states = new Map<number, unknown>();
  let last = -1;
  for await (const { revision, state } of replaySession(ledger, sessionId)) {
    if (revision === from || revision === to) states.set(revision, state);
    last = revision;
  }
  for (const revision of [from, to]) {
    if (states.has(revision)) continue;
    throw new SnapledgerError('INVALID_ARGUMENT', `the session has no event ${revision}`, {
      remedy: `Its events are 0 to ${last}.`,
    });
  }
  return differencesOf(states.get(from), states.get(to));
}
