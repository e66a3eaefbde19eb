import { type Engine, isSnapledgerError, type PointId } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { warn } from '../output/print.ts';
import { remedyOf } from '../wording/remedies.ts';

/** Points that are marked as damaged; where that cannot be told, it is said, and none are. */
export async function knownDamage(
  context: CliContext,
  engine: Engine,
): Promise<ReadonlySet<PointId>> {
  try {
    return await engine.damagedPoints();
  } catch (error) {
    if (!isSnapledgerError(error)) throw error;
    const what = 'which restore points were found to be damaged is not known';
    await warn(context, `${what}: ${error.message}`, remedyOf(error));
    return new Set();
  }
}
