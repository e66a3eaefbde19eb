import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type { Relocator, RepackPlan } from '../../format/relocator.ts';
import type { Repository } from '../../format/repository.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import type { RepackRequest, RunningRepositorySession } from '../engine.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { runRepack } from './run-repack.ts';

/** Begins sessions that move what points need. The session is the writer of what it stores. */
export class RelocationSessions {
  readonly #context: EngineContext;
  readonly #ledger: Ledger;
  readonly #runner: SessionRunner;

  constructor(context: EngineContext, ledger: Ledger, runner: SessionRunner) {
    this.#context = context;
    this.#ledger = ledger;
    this.#runner = runner;
  }

  /** @throws as `Relocator.planRepack`, and INVALID_ARGUMENT */
  async planRepack({ instanceId, maxBytes, signal }: RepackRequest): Promise<RepackPlan> {
    const { relocator } = await this.#open(maxBytes);
    return await relocator.planRepack(instanceId, budgetOf(maxBytes, signal));
  }

  /** @throws INVALID_ARGUMENT */
  async startRepack(request: RepackRequest): Promise<RunningRepositorySession> {
    const { instanceId, maxBytes, signal: asked } = request;
    const { random, clock, engineId } = this.#context;
    const { repository, relocator } = await this.#open(maxBytes);
    const sessionId = random.uuid() as SessionId;
    const repositoryId = repository.id;
    const started: RepositorySessionEvent = {
      type: 'RepositorySessionStarted',
      data: {
        kind: 'repository',
        sessionId,
        repositoryId,
        work: 'repacking',
        instanceId,
        engineId,
        startedAt: clock.now(),
      },
    };
    const fresh = await this.#ledger.load(sessionStream(sessionId), repositoryAggregate);
    const loaded = await this.#ledger.append(fresh, [started], started.type, repositoryAggregate);
    return this.#runner.run(sessionId, { repositoryId }, ({ onRecorded, closeSignal }) => {
      const signal = AbortSignal.any(asked === undefined ? [closeSignal] : [asked, closeSignal]);
      const parts = { engine: this.#context, ledger: this.#ledger, relocator };
      return runRepack({ ...parts, instanceId, maxBytes, signal, onRecorded }, loaded);
    });
  }

  async #open(
    maxBytes: number,
  ): Promise<{ readonly repository: Repository; readonly relocator: Relocator }> {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new SnapledgerError('INVALID_ARGUMENT', `${maxBytes} bytes cannot be written`, {
        remedy: 'Give a whole number of bytes above 0.',
      });
    }
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
