import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { CollectionStep } from '../../format/collection.ts';
import type { PointRecords } from '../point/missing-points.ts';
import type { RepositoryWorkSession } from '../repository-session/repository-sessions.ts';
import { endDeadWriters, type WritersToEnd } from './end-dead-writers.ts';
import { refuseWithMissing } from './refuse-with-missing.ts';

export interface CollectionRun extends WritersToEnd {
  readonly records: PointRecords;
}

/**
 * Ends the writers that are known to be dead, collects, and records it.
 *
 * @throws COLLECTION_BLOCKED
 */
export async function runCollection(
  run: CollectionRun,
  { signal, record }: RepositoryWorkSession,
): Promise<void> {
  await endDeadWriters(run, record);
  await refuseWithMissing(run.records, run.repository);
  for await (const step of run.collector.run({ signal })) await record(eventOf(step));
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
