import type {
  CollectionOptions,
  CollectionPlan,
  CollectionStep,
  Collector,
} from '../../collection.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { instanceInKey, objectKeys, sessionInKey } from '../object/object-keys.ts';
import { sessionMailboxes, type WriterEnd } from '../../session-mailboxes.ts';
import { listOpenWriters, survey, totalsOf } from './survey.ts';

/** Removals between two reports. */
const removalsPerStep = 100;

/**
 * Removes what no point needs and no session that has not ended. Nothing of another session is ever
 * taken up by one that begins, so that nothing has to be condemned first.
 */
export function createQcow2Collector(context: () => RepositoryContext): Collector {
  return {
    async plan({ signal }: CollectionOptions = {}): Promise<CollectionPlan> {
      return (await survey(context(), signal)).plan;
    },

    openWriters: async () => await listOpenWriters(context()),

    mailboxes: async () =>
      await sessionMailboxes(context().objectStore, {
        registered: () => listOpenWriters(context()),
        ends: () => writerEnds(context()),
      }),

    async *run({ signal }: CollectionOptions = {}): AsyncGenerator<CollectionStep, void> {
      const { objectStore } = context();
      const { plan, removable, leftovers } = await survey(context(), signal);
      yield { kind: 'planned', plan };
      for (let first = 0; first < removable.length; first += removalsPerStep) {
        const some = removable.slice(first, first + removalsPerStep);
        for (const { key } of some) {
          signal?.throwIfAborted();
          await objectStore.delete(key);
        }
        yield { kind: 'removed', ...totalsOf(some) };
      }
      for (const key of leftovers) await objectStore.delete(key);
    },
  };
}

async function* writerEnds({ objectStore }: RepositoryContext): AsyncGenerator<WriterEnd, void> {
  for (const prefix of [objectKeys.points(), objectKeys.removals()]) {
    for await (const { key } of objectStore.list(prefix)) {
      const sessionId = sessionInKey(key);
      if (sessionId !== null) yield { sessionId, instanceId: instanceInKey(key) };
    }
  }
}
