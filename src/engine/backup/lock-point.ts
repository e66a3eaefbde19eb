import type { HoldId, InstanceId } from '../../domain/identifiers.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { InstanceClaims } from '../instance/instance-claims.ts';

/**
 * Places the lock of a point that the repository has locked: the rules keep it until its date, and whoever asks
 * why is told. It has the id of the point, so that a step which is repeated places it once.
 */
export async function lockPoint(
  { clock }: EngineContext,
  claims: InstanceClaims,
  instanceId: InstanceId,
  { pointId, lockedUntil }: Pick<PointManifest, 'pointId' | 'lockedUntil'>,
): Promise<void> {
  const now = clock.now();
  if (lockedUntil === undefined || lockedUntil <= now) return;
  await claims.decide(instanceId, {
    type: 'PlaceHold',
    holdId: pointId as string as HoldId,
    item: { kind: 'restore-point', id: pointId },
    hold: { kind: 'lock', until: lockedUntil },
    now,
  });
}
