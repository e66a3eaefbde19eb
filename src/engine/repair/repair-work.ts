import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../domain/identifiers.ts';
import type { BlocksElsewhere, Repairer } from '../../format/repairer.ts';
import type { Repository } from '../../format/repository.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { VerifyOptions } from '../../format/verification.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PointRecords } from '../point/missing-points.ts';
import { verifyRepository } from '../verification/verify-repository.ts';
import { blocksOfSnapshots } from './blocks-of-snapshots.ts';

/** Which damage is looked for, and who heals it. */
export interface RepairWork {
  readonly records: PointRecords;
  readonly repository: Repository;
  readonly repairer: Repairer;
  readonly instanceId: InstanceId;
  /** `known`: the structure, and the data of objects that the ledger names; `deep`: all data. */
  readonly depth: 'known' | 'deep';
  /** Objects that are damaged as far as the ledger knows. */
  readonly knownObjects: ReadonlySet<string>;
}

/** Looks at the points of the instance. */
export function lookForDamage(
  work: RepairWork,
  signal: AbortSignal | undefined,
): ReturnType<Repository['verify']> {
  const { depth, knownObjects } = work;
  const all = { maxBytes: Number.MAX_SAFE_INTEGER, lastChecked: new Map() };
  return lookAt(work, depth === 'deep' ? all : knownObjects, signal);
}

/** Looks again, at the structure and at these objects. */
export function lookAt(
  { records, repository, instanceId }: RepairWork,
  budget: NonNullable<VerifyOptions['budget']>,
  signal: AbortSignal | undefined,
): ReturnType<Repository['verify']> {
  const options = { depth: 'deep', budget, instanceId } as const;
  return verifyRepository(
    records,
    repository,
    signal === undefined ? options : { ...options, signal },
  );
}

/** Lets `heal` read blocks from the snapshots of the instance; says also why one could not be read. */
export async function withSources<Result>(
  engine: EngineContext,
  { repository, instanceId }: RepairWork,
  heal: (elsewhere: BlocksElsewhere) => Promise<Result>,
): Promise<{ readonly result: Result; readonly unread: string | null }> {
  const points = new Map<PointId, PointManifest>();
  try {
    for await (const point of repository.listPoints(instanceId)) points.set(point.pointId, point);
  } catch (error) {
    // The sound ones came first.
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
  }
  const snapshots = blocksOfSnapshots(engine, instanceId, points);
  try {
    const result = await heal((place) => snapshots.blocks(place));
    return { result, unread: snapshots.unread() };
  } finally {
    await snapshots.close();
  }
}
