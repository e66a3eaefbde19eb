import { createEngineMailbox, type EngineMailbox } from '../../mailbox/engine-mailbox.ts';
import type { StepContext } from './step-context.ts';

/** The engine's side of the mailbox of one attempt; any engine of the session opens the same. */
export async function openMailbox(
  { engine, session }: StepContext,
  attempt: number,
): Promise<EngineMailbox> {
  const { sessionId } = session;
  const repository = await engine.repository();
  return createEngineMailbox({
    objectStore: engine.objectStore,
    random: engine.random,
    clock: engine.clock,
    sessionId,
    attempt,
    workerSecret: await repository.deriveWorkerSecret(sessionId, attempt),
    pollIntervalMs: engine.limits.transferPollMaxMs,
  });
}
