import type { InstanceId, PointId, SessionId } from '../../../domain/identifiers.ts';
import type {
  MergedPointStep,
  MergeOptions,
  MergePlan,
  PlannedMerge,
  PointMerger,
} from '../../point-merger.ts';
import { objectKeys } from '../object/object-keys.ts';
import { fenced } from '../object/refusals.ts';
import { currentVolumes, mergedImages } from '../point/merged-images.ts';
import type { CommittedPoint, VolumeImage } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { register } from '../writer/registration.ts';
import { planPointMerge, pointsToMerge } from './plan-merge.ts';
import { recordMerge } from './record-merge.ts';
import { writeMergedImage } from './write-merged-image.ts';

const never = new AbortController().signal;

/** Merges points: docs/qcow2.md, "Merging". */
export function createQcow2Merger(context: () => RepositoryContext): PointMerger {
  return {
    async parentsOf(instanceId) {
      const merged = await mergedImages(context(), instanceId);
      const points = await pointsToMerge(context(), instanceId);
      return new Map(
        points.map(({ manifest: { pointId }, volumes }) => [
          pointId,
          parentsIn(currentVolumes({ pointId, volumes }, merged)),
        ]),
      );
    },

    planMerge: async (instanceId, options) => await planMerge(context(), instanceId, options),
    merge: (instanceId, sessionId, options) => merge(context(), instanceId, sessionId, options),
  };
}

async function planMerge(
  context: RepositoryContext,
  instanceId: InstanceId,
  options: MergeOptions,
): Promise<MergePlan> {
  const merged = await mergedImages(context, instanceId);
  const merges: PlannedMerge[] = [];
  let left = 0;
  let bytes = 0;
  for (const point of await pointsToMerge(context, instanceId)) {
    const planned = await planPointMerge(context, point, merged, options);
    if (planned === null) continue;
    const { pointId, absorbed, bytesToWrite } = planned;
    bytes += bytesToWrite;
    if (merges.length > 0 && bytes > options.maxBytes) left += 1;
    else merges.push({ pointId, absorbed, bytesToWrite });
  }
  return { merges, left };
}

async function* merge(
  context: RepositoryContext,
  instanceId: InstanceId,
  sessionId: SessionId,
  options: MergeOptions,
): AsyncGenerator<MergedPointStep, void> {
  await register(context, sessionId, { instanceId, work: 'merge' });
  try {
    let bytes = 0;
    let merges = 0;
    for (const point of await pointsToMerge(context, instanceId)) {
      const step = await mergePoint(context, point, sessionId, {
        ...options,
        // The first one is merged whatever it takes.
        maxBytes: merges === 0 ? Infinity : options.maxBytes - bytes,
      });
      if (step === 'too-much') break;
      if (step === null) continue;
      yield step;
      merges += 1;
      bytes += step.bytesWritten;
    }
  } finally {
    await closeWriter(context, sessionId);
  }
}

/** Null: there is nothing to merge. */
async function mergePoint(
  context: RepositoryContext,
  point: CommittedPoint,
  sessionId: SessionId,
  options: MergeOptions,
): Promise<MergedPointStep | 'too-much' | null> {
  const { pointId, instanceId } = point.manifest;
  const { signal = never } = options;
  signal.throwIfAborted();
  const before = await mergedImages(context, instanceId);
  // In this order: who fences a session makes its tombstone, and then a merge of the next number.
  const tombstone = await context.objectStore.head(objectKeys.point(instanceId, sessionId));
  if (tombstone !== null) throw fenced(sessionId);
  const planned = await planPointMerge(context, point, before, options);
  if (planned === null) return null;
  if (planned.bytesToWrite > options.maxBytes) return 'too-much';
  const volumes: VolumeImage[] = [];
  let bytesWritten = 0;
  for (const { current, merge } of planned.volumes) {
    if (merge === null) {
      volumes.push(current);
      continue;
    }
    const written = await writeMergedImage(context, pointId, merge, { sessionId, signal });
    volumes.push(written.image);
    bytesWritten += written.bytesWritten;
  }
  signal.throwIfAborted();
  await recordMerge(context, instanceId, before, { pointId, volumes });
  const { absorbed } = planned;
  return { pointId, absorbed, parents: parentsIn(volumes), bytesWritten };
}

function parentsIn(volumes: readonly VolumeImage[]): readonly PointId[] {
  return [...new Set(volumes.flatMap(({ parent }) => parent?.pointId ?? []))];
}
