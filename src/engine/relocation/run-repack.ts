import { assert } from '../../domain/errors/assert.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type {
  RepositorySession,
  StartedRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { Relocator } from '../../format/relocator.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import { unfinishedWork } from '../collection/unfinished-work.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';

export interface RepackRun {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly relocator: Relocator;
  readonly instanceId: InstanceId;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly onRecorded: () => void;
}

/**
 * Plans, records the plan, and carries it out. When the engine dies the session is a writer that was
 * left: a collection ends it, and nothing has changed or all of it has.
 */
export async function runRepack(
  run: RepackRun,
  loaded: Loaded<RepositorySession>,
): Promise<StartedRepositorySession> {
  const { engine, ledger, relocator, instanceId, maxBytes, signal } = run;
  assert(loaded.state.status !== 'not-started', 'a repacking that runs was started');
  const { sessionId } = loaded.state;
  let current = loaded;
  const record = async (event: RepositorySessionEvent): Promise<void> => {
    current = await ledger.append(current, [event], event.type, repositoryAggregate);
    run.onRecorded();
  };
  try {
    const options = { maxBytes, signal };
    const plan = await relocator.planRepack(instanceId, options);
    await record({ type: 'RepackPlanned', data: { instanceId, ...plan } });
    if (plan.sparse.objects > 0) {
      const done = await relocator.repack(instanceId, sessionId, options);
      await record({ type: 'DataMoved', data: { instanceId, ...done } });
    }
    await record({ type: 'RepositorySessionCompleted', data: { endedAt: engine.clock.now() } });
  } catch (error) {
    await record(unfinishedWork(error, signal, engine));
  }
  assert(current.state.status !== 'not-started', 'it was started');
  return current.state;
}
