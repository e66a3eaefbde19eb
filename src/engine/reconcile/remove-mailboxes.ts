import type { Problem } from '../../domain/backup-session/backup-events.ts';
import { endWriter, type WriterEnding } from '../collection/end-writer.ts';
import { problemOf } from '../problem-of.ts';
import type { PlannedMailbox } from './plan-mailboxes.ts';

export interface ReconciledMailbox extends PlannedMailbox {
  /** Why it could not be removed; null when it was, or was kept. */
  readonly problem: Problem | null;
}

/**
 * Removes the mailboxes that the plan says are to go; what cannot be removed stops nothing else. A session that is
 * still registered is ended, as a collection does it. Idempotent.
 *
 * @throws the signal's reason, before the next removal
 */
export async function removeMailboxes(
  repository: WriterEnding,
  plan: readonly PlannedMailbox[],
  signal: AbortSignal,
): Promise<readonly ReconciledMailbox[]> {
  const done: ReconciledMailbox[] = [];
  for (const planned of plan) {
    signal.throwIfAborted();
    done.push({ ...planned, problem: await problemWith(repository, planned) });
  }
  return done;
}

async function problemWith(
  repository: WriterEnding,
  { mailbox, decision }: PlannedMailbox,
): Promise<Problem | null> {
  if (decision.action === 'keep') return null;
  try {
    if (mailbox.writer === 'open') await endWriter(repository, mailbox);
    else await repository.closeWriter(mailbox.sessionId);
    return null;
  } catch (error) {
    return problemOf(error);
  }
}
