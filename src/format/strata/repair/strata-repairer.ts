import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { RepairCounts, Repairer, RepairOptions, RepairOutcome } from '../../repairer.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { planRepair, repair } from './repair.ts';

/** Heals what points need. docs/strata.md, "Repairing", has the argument. */
export class StrataRepairer implements Repairer {
  readonly #context: () => RepositoryContext;

  /** @param context throws when the repository has been closed */
  constructor(context: () => RepositoryContext) {
    this.#context = context;
  }

  async planRepair(instanceId: InstanceId, options: RepairOptions): Promise<RepairCounts> {
    return await planRepair(this.#context(), instanceId, options);
  }

  async repair(
    instanceId: InstanceId,
    sessionId: SessionId,
    options: RepairOptions,
  ): Promise<RepairOutcome> {
    return await repair(this.#context(), instanceId, sessionId, options);
  }
}
