import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { SessionMailbox } from '../../format/collection.ts';
import { type KnownWriter, knownWriters } from '../collection/known-writers.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
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
  const planned = mailboxes.map(async (one): Promise<PlannedMailbox> => {
    const mailbox = unreadable.includes(one.sessionId) ? null : await foundMailbox(directory, one);
    if (mailbox !== null) return { mailbox, decision: decide(mailbox) };
    const decision = { action: 'keep', reason: 'unknown-session' } as const;
    return { mailbox: { ...one, condition: 'unknown', pointId: null }, decision };
  });
  return await Promise.all(planned);
}

/** Null: its session cannot be read, which keeps nothing else from being decided. */
async function foundMailbox(
  directory: Pick<SessionDirectory, 'summaryOf'>,
  mailbox: SessionMailbox,
): Promise<FoundMailbox | null> {
  try {
    const [known = null] = await knownWriters(directory, [mailbox]);
    return known;
  } catch (error) {
    if (!hasErrorCode(error, ...unreadableCodes)) throw error;
    return null;
  }
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
