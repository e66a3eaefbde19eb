import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** @throws INVALID_ARGUMENT when no session has left anything for the instance */
export async function requirePlace(
  { catalog }: RepositoryContext,
  instanceId: InstanceId,
): Promise<void> {
  const first = await catalog.places(instanceId).next();
  if (first.done !== true) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the repository has no restore points of an instance '${instanceId}'`,
    { remedy: "'snapledger points' lists the points with their instances." },
  );
}
