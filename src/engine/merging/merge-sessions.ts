import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../domain/identifiers.ts';
import { planRetention } from '../../domain/retention/plan-retention.ts';
import { unwantedPoints } from '../../domain/retention/unwanted-points.ts';
import type { MergeOptions, MergePlan, PointMerger } from '../../format/point-merger.ts';
import type { Repository } from '../../format/repository.ts';
import type { MergeRequest, RunningRepositorySession } from '../engine.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';
import { type ItemSources, loadCircumstances } from '../item/load-circumstances.ts';
import type { RepositorySessions } from '../repository-session/repository-sessions.ts';
import { requireBudget } from '../repository-session/require-budget.ts';
import { runMerge } from './run-merge.ts';

/** Begins sessions that merge points. The session is the writer of what it stores. */
export class MergeSessions {
  readonly #sources: ItemSources;
  readonly #claims: InstanceClaims;
  readonly #sessions: RepositorySessions;

  constructor(sources: ItemSources, claims: InstanceClaims, sessions: RepositorySessions) {
    this.#sources = sources;
    this.#claims = claims;
    this.#sessions = sessions;
  }

  /** @throws as `PointMerger.planMerge`, UNKNOWN_INSTANCE and INVALID_ARGUMENT */
  async plan({ instanceId, maxBytes, signal }: MergeRequest): Promise<MergePlan> {
    const { merger } = await this.#open(maxBytes);
    const unwanted = await this.#unwanted(instanceId);
    return await merger.planMerge(instanceId, optionsOf(unwanted, maxBytes, signal));
  }

  /** @throws INVALID_ARGUMENT */
  async start(request: MergeRequest): Promise<RunningRepositorySession> {
    const { instanceId, maxBytes, signal } = request;
    const { context, ledger } = this.#sources;
    const { repository, merger } = await this.#open(maxBytes);
    const unwanted = (): Promise<ReadonlySet<PointId>> => this.#unwanted(instanceId);
    const parts = { engine: context, ledger, claims: this.#claims, merger };
    return await this.#sessions.start({
      ...{ sessionId: this.#sessions.newId(), work: 'merging', repository, instanceId, signal },
      records: 'of-the-instance-too',
      perform: (session) => runMerge({ ...parts, unwanted, instanceId, maxBytes }, session),
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
    requireBudget(maxBytes, 'written');
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
