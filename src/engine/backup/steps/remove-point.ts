import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryId } from '../../../domain/identifiers.ts';
import type { PointItem } from '../../../domain/retention/history-items.ts';
import type { Repository } from '../../../format/repository.ts';
import { problemOf } from '../../problem-of.ts';
import { withRetries } from '../../retry/with-retries.ts';
import type { StepContext } from '../step-context.ts';

type RemovePoint = Extract<BackupStep, { readonly kind: 'remove-point' }>;

/**
 * Removes a restore point that expired and that nothing holds. What cannot be removed becomes a
 * warning; the next retention tries again.
 */
export async function removePoint(
  { engine, session, history }: StepContext,
  { pointId }: RemovePoint,
): Promise<BackupCommand> {
  const { points } = await history();
  const point = points.find(({ id }) => id === pointId);
  assert(point !== undefined, 'a point that is to go exists until its removal is recorded');
  const { clock, random, limits } = engine;
  const retry = { policy: limits.retry, clock, random };
  try {
    const repository = await engine.repository();
    requireRepository(repository, point);
    await withRetries(() => repository.removePoint(pointId, session.instanceId), retry);
    return { type: 'RecordPointRemoved', pointId };
  } catch (error) {
    return { type: 'RecordPointNotRemoved', pointId, problem: problemOf(error) };
  }
}

function requireRepository({ id }: Repository, point: PointItem): void {
  const holder: RepositoryId | null = point.repositoryId;
  if (holder === null || holder === id) return;
  throw new SnapledgerError(
    'UNKNOWN_POINT',
    `restore point ${point.id} is in the repository ${holder}, and the one at hand is ${id}`,
    { remedy: 'Open the repository that holds it.' },
  );
}
