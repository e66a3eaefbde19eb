import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Relocator, RepackPlan } from '../../format/relocator.ts';
import type { Repository } from '../../format/repository.ts';
import type { RepackRequest, RunningRepositorySession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import { requireBudget } from '../repository-session/require-budget.ts';
import { runRepack } from './run-repack.ts';

/** Begins sessions that move what points need. The session is the writer of what it stores. */
export class RelocationSessions {
  readonly #context: EngineContext;
  readonly #sessions: RepositorySessions;

  constructor(context: EngineContext, sessions: RepositorySessions) {
    this.#context = context;
    this.#sessions = sessions;
  }

  /** @throws as `Relocator.planRepack`, and INVALID_ARGUMENT */
  async planRepack({ instanceId, maxBytes, signal }: RepackRequest): Promise<RepackPlan> {
    const { relocator } = await this.#open(maxBytes);
    return await relocator.planRepack(instanceId, budgetOf(maxBytes, signal));
  }

  /** @throws INVALID_ARGUMENT */
  async startRepack(request: RepackRequest): Promise<RunningRepositorySession> {
    const { instanceId, maxBytes, signal } = request;
    const { repository, relocator } = await this.#open(maxBytes);
    return await this.#sessions.start({
      ...{ sessionId: this.#sessions.newId(), work: 'repacking', repository, instanceId, signal },
      records: 'in-its-own-stream',
      perform: (session) => runRepack({ relocator, instanceId, maxBytes }, session),
    });
  }

  async #open(
    maxBytes: number,
  ): Promise<{ readonly repository: Repository; readonly relocator: Relocator }> {
    requireBudget(maxBytes, 'written');
    const repository = await this.#context.repository();
    const { relocator, format } = repository;
    if (relocator !== null) return { repository, relocator };
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `in the format "${format.name}" there is nothing to repack`,
      { remedy: 'Its points share no objects: a point that is removed frees all that it held.' },
    );
  }
}

function budgetOf(
  maxBytes: number,
  signal: AbortSignal | undefined,
): Parameters<Relocator['planRepack']>[1] {
  return { maxBytes, ...(signal === undefined ? {} : { signal }) };
}
