import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import { nothingDamaged } from '../../nothing-damaged.ts';
import type { RepairCounts, RepairOptions, RepairOutcome } from '../../repairer.ts';
import { relocatablePoints } from '../relocate/relocatable-points.ts';
import { relocate } from '../relocate/relocate.ts';
import { requirePlace } from '../relocate/require-place.ts';
import { requireRelocations } from '../relocate/require-relocations.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { uncachedContext } from '../repository/repository-context.ts';
import { Diagnosis } from './diagnosis.ts';

/** What a repair would do now. @throws as `Repairer.planRepair` */
export async function planRepair(
  stale: RepositoryContext,
  instanceId: InstanceId,
  options: RepairOptions,
): Promise<RepairCounts> {
  await requireRelocations(stale);
  const context = uncachedContext(stale);
  try {
    await requirePlace(context, instanceId);
    const points = (): ReturnType<typeof relocatablePoints> =>
      relocatablePoints(context, instanceId);
    const diagnosis = await Diagnosis.of(context, points, options);
    await diagnosis.tryAll();
    return diagnosis.counts();
  } finally {
    context.keyring.clear();
    context.catalog.clear();
  }
}

/** @throws as `Repairer.repair` */
export async function repair(
  context: RepositoryContext,
  instanceId: InstanceId,
  sessionId: SessionId,
  options: RepairOptions,
): Promise<RepairOutcome> {
  await requireRelocations(context);
  const found: { diagnosis: Diagnosis | null } = { diagnosis: null };
  const { pointsMoved, bytesWritten } = await relocate(context, {
    instanceId,
    sessionId,
    signal: options.signal,
    choose: async (fresh, points) => {
      found.diagnosis = await Diagnosis.of(fresh, points, options);
      return found.diagnosis.choice();
    },
  });
  const counts = found.diagnosis?.counts() ?? nothingDamaged;
  return { ...counts, pointsHealed: pointsMoved, bytesWritten };
}
