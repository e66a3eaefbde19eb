import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import type { StreamName } from '../../ports/event-store.ts';
import { sessionStream } from '../ledger/stream-names.ts';

/** A point that can be restored, and whose session a ledger does not know. */
export interface PointWithoutSession {
  readonly pointId: PointId;
  readonly instanceId: InstanceId;
}

/**
 * The points of a repository whose sessions are not among the streams of a ledger. Of a point whose manifest is
 * damaged that cannot be said: `verify` names it.
 */
export async function pointsWithoutSession(
  repository: Pick<Repository, 'listPoints'>,
  isKnown: (stream: StreamName) => boolean,
): Promise<readonly PointWithoutSession[]> {
  const points: PointWithoutSession[] = [];
  try {
    for await (const { pointId, instanceId } of repository.listPoints()) {
      if (!isKnown(sessionStream(pointId))) points.push({ pointId, instanceId });
    }
  } catch (error) {
    // Everything sound was given before it.
    if (!hasErrorCode(error, 'OBJECT_CORRUPT', 'POINT_DAMAGED')) throw error;
  }
  return points;
}
