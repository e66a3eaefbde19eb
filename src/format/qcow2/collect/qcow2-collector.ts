import type {
  CollectionOptions,
  CollectionPlan,
  CollectionStep,
  Collector,
} from '../../collection.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { listMailboxes } from './list-mailboxes.ts';
import { listOpenWriters } from './list-open-writers.ts';
import { survey, totalsOf } from './survey.ts';

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

    mailboxes: async () => await listMailboxes(context()),

    async *run({ signal }: CollectionOptions = {}): AsyncGenerator<CollectionStep, void> {
      const { objectStore } = context();
      const { plan, removable, leftovers, leftMailboxes } = await survey(context(), signal);
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
      for (const sessionId of leftMailboxes) await closeWriter({ objectStore }, sessionId);
    },
  };
}
