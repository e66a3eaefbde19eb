import type { InstanceId } from '../../../domain/identifiers.ts';
import type { CurrentRoots } from '../point/current-point.ts';
import { relocationsOf } from './relocations-of.ts';

/**
 * Where the maps of the instance begin now, for whoever stores anything that leads to them: when a
 * relocation cannot be read the older places may be gone already, or be removed at any moment.
 *
 * @throws OBJECT_CORRUPT
 */
export async function soundRoots(
  context: Parameters<typeof relocationsOf>[0],
  instanceId: InstanceId,
): Promise<CurrentRoots> {
  const { claims, roots } = await relocationsOf(context, instanceId);
  for (const claim of claims) if (claim.state === 'damaged') throw claim.error;
  return roots;
}
