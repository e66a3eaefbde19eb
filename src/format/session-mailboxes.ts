import type { InstanceId, SessionId } from '../domain/identifiers.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ObjectTotals, OpenWriter, SessionMailbox } from './collection.ts';
import { mailboxPrefixOf, mailboxSessions } from './mailbox-sessions.ts';

/** A place where a session has made a point, or can make none. */
export interface WriterEnd {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
}

export interface MailboxQuestions {
  /** Who is registered; whoever is known to have ended may be left out. */
  readonly registered: () => Promise<readonly OpenWriter[]>;
  /** Every point, tombstone and removal mark. */
  readonly ends: () => AsyncIterable<WriterEnd>;
}

/**
 * The mailboxes that there are, and how it stands with their sessions. The order of the questions is what makes it
 * right: a session registers before it writes anything, and ends before its registration goes.
 */
export async function sessionMailboxes(
  objectStore: ObjectStore,
  { registered, ends }: MailboxQuestions,
): Promise<readonly SessionMailbox[]> {
  const sessions = await mailboxSessions(objectStore);
  if (sessions.length === 0) return [];
  const writers = new Map((await registered()).map((writer) => [writer.sessionId, writer]));
  const endedIn = new Map<SessionId, InstanceId[]>(sessions.map((sessionId) => [sessionId, []]));
  for await (const { sessionId, instanceId } of ends()) endedIn.get(sessionId)?.push(instanceId);
  const mailboxes: SessionMailbox[] = [];
  for (const sessionId of sessions) {
    const totals = await totalsUnder(objectStore, mailboxPrefixOf(sessionId));
    // Whoever it belonged to has removed it since.
    if (totals.objects === 0) continue;
    const standing = standingOf(writers.get(sessionId), endedIn.get(sessionId) ?? []);
    mailboxes.push({ sessionId, ...totals, ...standing });
  }
  return mailboxes;
}

function standingOf(
  writer: OpenWriter | undefined,
  endedIn: readonly InstanceId[],
): Pick<SessionMailbox, 'instanceId' | 'writer'> {
  const [first = null] = endedIn;
  if (writer === undefined) {
    return { instanceId: first, writer: first === null ? 'unknown' : 'ended' };
  }
  // An end under another instance says nothing against a point under the right one.
  const instanceId = writer.instanceId ?? first;
  const hasEnded = instanceId !== null && endedIn.includes(instanceId);
  return { instanceId, writer: hasEnded ? 'ended' : 'open' };
}

async function totalsUnder(objectStore: ObjectStore, prefix: string): Promise<ObjectTotals> {
  let objects = 0;
  let bytes = 0;
  for await (const { sizeBytes } of objectStore.list(prefix)) {
    objects += 1;
    bytes += sizeBytes;
  }
  return { objects, bytes };
}
