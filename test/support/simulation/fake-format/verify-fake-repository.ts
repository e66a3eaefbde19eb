import type { PointId } from '../../../../src/domain/identifiers.ts';
import type { PointManifest, PointReader } from '../../../../src/format/restore-point.ts';
import type {
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../../../src/format/verification.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';

export interface VerifiableRepository {
  readonly objectStore: ObjectStore;
  readonly listPoints: () => Promise<readonly PointManifest[]>;
  readonly openPoint: (pointId: PointId) => Promise<PointReader>;
}

/** Reads everything: the fake has nothing that it could check less deeply. */
export async function* verifyFakeRepository(
  { listPoints, openPoint }: VerifiableRepository,
  { pointId: only, instanceId, signal }: VerifyOptions,
): AsyncGenerator<VerifyProgress | VerifyFinding, void> {
  signal?.throwIfAborted();
  if (only !== undefined) await openPoint(only);
  const points = (await listPoints()).filter(
    (point) =>
      (only === undefined || point.pointId === only) &&
      (instanceId === undefined || point.instanceId === instanceId),
  );
  let blocksChecked = 0;
  for (const [index, { pointId, volumes }] of points.entries()) {
    const reader = await openPoint(pointId);
    for (const { volumeId, device } of volumes) {
      for await (const part of reader.readVolume(volumeId)) {
        signal?.throwIfAborted();
        if (part.kind === 'damage') yield { ...part, kind: 'finding', pointId, volumeId, device };
        blocksChecked += 1;
      }
    }
    yield {
      kind: 'progress',
      pointId,
      pointsChecked: index + 1,
      pointsTotal: points.length,
      mapNodesChecked: 0,
      blocksChecked,
      bytesRead: 0,
    };
  }
}
