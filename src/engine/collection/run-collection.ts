import { assert } from '../../domain/errors/assert.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type {
  RepositorySession,
  StartedRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { CollectionStep } from '../../format/collection.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { endDeadWriters, type WritersToEnd } from './end-dead-writers.ts';
import { repositoryAggregate } from './repository-aggregate.ts';
import { unfinishedWork } from './unfinished-work.ts';

export interface CollectionRun extends WritersToEnd {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly onRecorded: () => void;
}

/** Ends the writers that are known to be dead, collects, and records it. */
export async function runCollection(
  run: CollectionRun,
  loaded: Loaded<RepositorySession>,
): Promise<StartedRepositorySession> {
  const { engine, ledger, collector, signal } = run;
  let current = loaded;
  let recorded = 0;
  const record = async (event: RepositorySessionEvent): Promise<void> => {
    recorded += 1;
    current = await ledger.append(
      current,
      [event],
      `${event.type}-${recorded}`,
      repositoryAggregate,
    );
    run.onRecorded();
  };
  try {
    await endDeadWriters(run, record);
    for await (const step of collector.run({ signal })) await record(eventOf(step));
    await record({ type: 'RepositorySessionCompleted', data: { endedAt: engine.clock.now() } });
  } catch (error) {
    await record(unfinishedWork(error, signal, engine));
  }
  assert(current.state.status !== 'not-started', 'a collection that runs was started');
  return current.state;
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
