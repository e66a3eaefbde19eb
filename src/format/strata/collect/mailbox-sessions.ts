import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey, ObjectStore } from '../../../ports/object-store.ts';
import { isUuid } from '../encoding/uuid-bytes.ts';
import { allControlPrefix } from '../object/object-keys.ts';

/** Sorts after every name below `control/<session>/`: none of them begins with z. */
const lastName = 'zz';

/** The sessions that have anything under `control/`; one request for each of them, not one per object. */
export async function mailboxSessions(objectStore: ObjectStore): Promise<readonly SessionId[]> {
  const sessions: SessionId[] = [];
  let after: ObjectKey | undefined;
  for (;;) {
    const next = await firstAfter(objectStore, after);
    if (next === null) return sessions;
    const [, sessionId = ''] = next.split('/');
    if (isUuid(sessionId)) sessions.push(sessionId as SessionId);
    after = `${allControlPrefix}${sessionId}/${lastName}` as ObjectKey;
  }
}

async function firstAfter(
  objectStore: ObjectStore,
  after: ObjectKey | undefined,
): Promise<ObjectKey | null> {
  const options = after === undefined ? {} : { after };
  for await (const { key } of objectStore.list(allControlPrefix, options)) return key;
  return null;
}
