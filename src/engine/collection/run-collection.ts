import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { CollectionStep } from '../../format/collection.ts';
import type { RepositoryWorkSession } from '../repository-session/repository-sessions.ts';
import { endDeadWriters, type WritersToEnd } from './end-dead-writers.ts';

/** Ends the writers that are known to be dead, collects, and records it. */
export async function runCollection(
  writers: WritersToEnd,
  { signal, record }: RepositoryWorkSession,
): Promise<void> {
  await endDeadWriters(writers, record);
  for await (const step of writers.collector.run({ signal })) await record(eventOf(step));
}

function eventOf(step: CollectionStep): RepositorySessionEvent {
  switch (step.kind) {
    case 'planned': {
      const openWriters = step.plan.openWriters.map(({ sessionId }) => sessionId);
      return { type: 'CollectionPlanned', data: { ...step.plan, openWriters } };
    }
    case 'condemned': {
      const { generation, objects, bytes } = step;
      return { type: 'DataCondemned', data: { generation, objects, bytes } };
    }
    case 'removed':
      return { type: 'DataRemoved', data: { objects: step.objects, bytes: step.bytes } };
  }
}
