import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import { planRetention } from '../../domain/retention/plan-retention.ts';
import { unwantedPoints } from '../../domain/retention/unwanted-points.ts';
import type { MergeOptions, MergePlan, PointMerger } from '../../format/point-merger.ts';
import type { Repository } from '../../format/repository.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import type { MergeRequest, RunningRepositorySession } from '../engine.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { type ItemSources, loadCircumstances } from '../item/load-circumstances.ts';
import { sessionStream } from '../ledger/stream-names.ts';
import type { SessionRunner } from '../session/session-runner.ts';
import { runMerge } from './run-merge.ts';

/** Begins sessions that merge points. The session is the writer of what it stores. */
export class MergeSessions {
  readonly #sources: ItemSources;
  readonly #claims: InstanceClaims;
  readonly #runner: SessionRunner;

  constructor(sources: ItemSources, claims: InstanceClaims, runner: SessionRunner) {
    this.#sources = sources;
    this.#claims = claims;
    this.#runner = runner;
  }

  /** @throws as `PointMerger.planMerge`, UNKNOWN_INSTANCE and INVALID_ARGUMENT */
  async plan({ instanceId, maxBytes, signal }: MergeRequest): Promise<MergePlan> {
    const { merger } = await this.#open(maxBytes);
    const unwanted = await this.#unwanted(instanceId);
    return await merger.planMerge(instanceId, optionsOf(unwanted, maxBytes, signal));
  }

  /** @throws INVALID_ARGUMENT */
  async start(request: MergeRequest): Promise<RunningRepositorySession> {
    const { instanceId, maxBytes, signal: asked } = request;
    const { context, ledger } = this.#sources;
    const { repository, merger } = await this.#open(maxBytes);
    const sessionId = context.random.uuid() as SessionId;
    const repositoryId = repository.id;
    const started: RepositorySessionEvent = {
      type: 'RepositorySessionStarted',
      data: {
        kind: 'repository',
        sessionId,
        repositoryId,
        work: 'merging',
        instanceId,
        engineId: context.engineId,
        startedAt: context.clock.now(),
      },
    };
    const fresh = await ledger.load(sessionStream(sessionId), repositoryAggregate);
    const loaded = await ledger.append(fresh, [started], started.type, repositoryAggregate);
    const about = { repositoryId, instanceId };
    return this.#runner.run(sessionId, about, ({ onRecorded, closeSignal }) => {
      const signal = AbortSignal.any(asked === undefined ? [closeSignal] : [asked, closeSignal]);
      const parts = { engine: context, ledger, claims: this.#claims, merger };
      const unwanted = (): Promise<ReadonlySet<PointId>> => this.#unwanted(instanceId);
      return runMerge({ ...parts, unwanted, instanceId, maxBytes, signal, onRecorded }, loaded);
    });
  }

  /** By the rules as they are now. */
  async #unwanted(instanceId: InstanceId): Promise<ReadonlySet<PointId>> {
    const { circumstances } = await loadCircumstances(this.#sources, instanceId, {});
    return unwantedPoints(planRetention(circumstances).points);
  }

  async #open(
    maxBytes: number,
  ): Promise<{ readonly repository: Repository; readonly merger: PointMerger }> {
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
      throw new SnapledgerError('INVALID_ARGUMENT', `${maxBytes} bytes cannot be written`, {
        remedy: 'Give a whole number of bytes above 0.',
      });
    }
    const repository = await this.#sources.context.repository();
    const { merger, format } = repository;
    if (merger !== null) return { repository, merger };
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `in the format "${format.name}" there is nothing to merge`,
      {
        remedy:
          format.traits.pointDependency === 'independent'
            ? 'Its points do not need one another: retention removes each when its time has come.'
            : 'A point goes when those that need it have gone.',
      },
    );
  }
}

function optionsOf(
  unwanted: ReadonlySet<PointId>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): MergeOptions {
  return { unwanted, maxBytes, ...(signal === undefined ? {} : { signal }) };
}
