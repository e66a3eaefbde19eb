import type { SessionId } from '../../domain/identifiers.ts';
import type { SessionMailbox } from '../../format/collection.ts';
import { type KnownWriter, knownWriters } from '../collection/known-writers.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import type { ReconcileDecision } from './plan-reconciliation.ts';

/** What a session has left in the repository of what it needs only while it runs. */
export type FoundMailbox = SessionMailbox & Pick<KnownWriter, 'condition' | 'pointId'>;

export interface PlannedMailbox {
  readonly mailbox: FoundMailbox;
  readonly decision: Exclude<ReconcileDecision, { readonly action: 'adopt' }>;
}

/**
 * What is to be done with the mailboxes of a repository, by the rules of a collection: what the ledger has the end of
 * goes, and of a session that it does not know what the repository has the end of.
 *
 * @param unreadable sessions of which not every event can be read
 */
export async function planMailboxes(
  directory: Pick<SessionDirectory, 'summaryOf'>,
  mailboxes: readonly SessionMailbox[],
  unreadable: readonly SessionId[],
): Promise<readonly PlannedMailbox[]> {
  const isReadable = ({ sessionId }: SessionMailbox): boolean => !unreadable.includes(sessionId);
  const known = await knownWriters(directory, mailboxes.filter(isReadable));
  const bySession = new Map(known.map((one) => [one.sessionId, one]));
  return mailboxes.map((one): PlannedMailbox => {
    const mailbox = bySession.get(one.sessionId);
    if (mailbox !== undefined) return { mailbox, decision: decide(mailbox) };
    const decision = { action: 'keep', reason: 'unknown-session' } as const;
    return { mailbox: { ...one, condition: 'unknown', pointId: null }, decision };
  });
}

function decide({ condition, writer }: FoundMailbox): PlannedMailbox['decision'] {
  switch (condition) {
    case 'at-work':
    case 'interrupted':
      return { action: 'keep', reason: 'session-open' };
    case 'ended':
      return { action: 'remove', reason: 'session-ended' };
    case 'unknown':
      return writer === 'ended'
        ? { action: 'remove', reason: 'session-ended' }
        : { action: 'keep', reason: 'unknown-session' };
  }
}
