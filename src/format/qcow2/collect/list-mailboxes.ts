import type { SessionMailbox } from '../../collection.ts';
import { sessionMailboxes, type WriterEnd } from '../../session-mailboxes.ts';
import { instanceInKey, objectKeys, sessionInKey } from '../object/object-keys.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { listOpenWriters } from './list-open-writers.ts';

/** What sessions have of what they need only while they run. Ascending by session. */
export async function listMailboxes(
  context: RepositoryContext,
): Promise<readonly SessionMailbox[]> {
  return await sessionMailboxes(context.objectStore, {
    registered: () => listOpenWriters(context),
    ends: () => writerEnds(context),
  });
}

async function* writerEnds({ objectStore }: RepositoryContext): AsyncGenerator<WriterEnd, void> {
  for (const prefix of [objectKeys.points(), objectKeys.removals()]) {
    for await (const { key } of objectStore.list(prefix)) {
      const sessionId = sessionInKey(key);
      if (sessionId !== null) yield { sessionId, instanceId: instanceInKey(key) };
    }
  }
}
