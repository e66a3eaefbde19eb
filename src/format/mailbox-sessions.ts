import type { SessionId } from '../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../ports/object-store.ts';
import { uuidPattern } from '../ports/uuid-pattern.ts';

const allMailboxesPrefix = 'control/';

/** Follows `/`, so that `control/<session>0` sorts behind every name below `control/<session>/`. */
const afterSlash = '0';

/** Where a session has what it needs only while it runs: its mailbox, plans and segments. */
export function mailboxPrefixOf(sessionId: SessionId): string {
  return `${allMailboxesPrefix}${sessionId}/`;
}

/** The sessions that have anything under `control/`; one request for each of them, not one per object. */
export async function mailboxSessions(objectStore: ObjectStore): Promise<readonly SessionId[]> {
  const sessions: SessionId[] = [];
  let after: ObjectKey | undefined;
  for (;;) {
    const next = await firstAfter(objectStore, after);
    if (next === null) return sessions;
    const [, sessionId = ''] = next.split('/');
    if (uuidPattern.test(sessionId)) sessions.push(sessionId as SessionId);
    after = `${allMailboxesPrefix}${sessionId}${afterSlash}` as ObjectKey;
  }
}

async function firstAfter(
  objectStore: ObjectStore,
  after: ObjectKey | undefined,
): Promise<ObjectKey | null> {
  const options = after === undefined ? {} : { after };
  for await (const { key } of objectStore.list(allMailboxesPrefix, options)) return key;
  return null;
}
