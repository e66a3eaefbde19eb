import type {
  ObjectStore,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../src/format.ts';
import { readerOf, storedPoint, storedPoints } from './plain-points.ts';

/** Reads every block, at either depth: there is nothing that could be checked without. */
export async function* verifyPlain(
  objectStore: ObjectStore,
  { pointId, instanceId, signal }: VerifyOptions,
): AsyncGenerator<VerifyFinding | VerifyProgress> {
  signal?.throwIfAborted();
  const points =
    pointId === undefined
      ? await Array.fromAsync(storedPoints(objectStore, instanceId))
      : [await storedPoint(objectStore, pointId)];
  let blocksChecked = 0;
  let bytesRead = 0;
  for (const [number, point] of points.entries()) {
    const { pointId: id, volumes } = point.manifest;
    for (const { volumeId, device } of volumes) {
      for await (const part of readerOf(objectStore, point).readVolume(volumeId)) {
        signal?.throwIfAborted();
        blocksChecked += part.blockCount;
        if (part.kind === 'blocks') bytesRead += part.bytes.length;
        else yield { ...part, kind: 'finding', pointId: id, volumeId, device };
      }
    }
    yield {
      ...{ kind: 'progress', pointId: id, pointsChecked: number + 1 },
      ...{ pointsTotal: points.length, mapNodesChecked: 0, blocksChecked, bytesRead },
    };
  }
}
