import type { RunningSession } from '../../../src/engine/engine.ts';
import type { SessionEvent } from '../../../src/engine/session-event.ts';
import { finished, type FinishedSession } from '../vault/back-up.ts';

type AnyEvent = SessionEvent['event'];

/** Lets a session run to its end and does something each time an event was recorded. */
export async function watched(
  running: RunningSession,
  onEvent: (event: AnyEvent) => Promise<void> | void,
): Promise<FinishedSession> {
  const watching = (async () => {
    for await (const { event } of running.events()) await onEvent(event);
  })();
  const [session] = await Promise.all([finished(running), watching]);
  return session;
}
