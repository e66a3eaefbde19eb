import { type Engine, type ReplayedEvent, type SessionId, SnapledgerError } from '../../index.ts';

/**
 * What a session is after its last event.
 *
 * @throws UNKNOWN_SESSION when there is no event of it
 */
export async function finalStateOf(
  engine: Engine,
  sessionId: SessionId,
): Promise<ReplayedEvent['state']> {
  let state: ReplayedEvent['state'] | null = null;
  for await (const event of engine.replay(sessionId)) state = event.state;
  if (state !== null) return state;
  throw new SnapledgerError('UNKNOWN_SESSION', `there is no session ${sessionId}`);
}
