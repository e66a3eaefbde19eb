import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { Relocator, RepackOptions, RepackOutcome, RepackPlan } from '../../relocator.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { planRepack, repack } from './repack.ts';

/** Moves what points need. docs/strata.md, "Relocating", has the argument. */
export class StrataRelocator implements Relocator {
  readonly #context: () => RepositoryContext;

  /** @param context throws when the repository has been closed */
  constructor(context: () => RepositoryContext) {
    this.#context = context;
  }

  async planRepack(instanceId: InstanceId, options: RepackOptions): Promise<RepackPlan> {
    return await planRepack(this.#context(), instanceId, options);
  }

  async repack(
    instanceId: InstanceId,
    sessionId: SessionId,
    options: RepackOptions,
  ): Promise<RepackOutcome> {
    return await repack(this.#context(), instanceId, sessionId, options);
  }
}
