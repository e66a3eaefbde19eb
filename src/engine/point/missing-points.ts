import type { InstanceId, PointId, TimestampMs } from '../../domain/identifiers.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import type { Repository } from '../../format/repository.ts';
import type { VerifyFinding } from '../../format/verification.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { loadHistory } from '../instance/load-history.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** A restore point that was made, that nobody removed, and that the repository does not have. */
export interface MissingPoint {
  readonly pointId: PointId;
  readonly instanceId: InstanceId;
  /** What it shows. */
  readonly takenAt: TimestampMs;
  /** That is not there, or that hides it. */
  readonly objectKey: string;
  readonly reason: string;
}

/** What is known of the points besides the repository. */
export interface PointRecords {
  readonly ledger: Ledger;
  readonly catalogue: Catalogue;
}

export interface MissingPointsFilter {
  readonly instanceId?: InstanceId;
  readonly pointId?: PointId;
}

/**
 * The points that the ledger has and the repository has not. Each of them is looked for by its own object,
 * so that it does not matter what is committed or removed meanwhile. Points of another repository are not
 * expected here, and of a ledger that was recovered in part only those that it has.
 *
 * @param there points that were found, which are not looked for
 */
export async function missingPoints(
  { ledger, catalogue }: PointRecords,
  repository: Pick<Repository, 'id' | 'tracePoint'>,
  there: ReadonlySet<PointId>,
  { instanceId: ofInstance, pointId: only }: MissingPointsFilter = {},
): Promise<readonly MissingPoint[]> {
  const recorded = await catalogue.ask((store) => store.present('restore-point'));
  const histories = new Map<InstanceId, InstanceHistory>();
  const missing: MissingPoint[] = [];
  for (const { id, instanceId } of recorded) {
    const pointId = id as PointId;
    if (there.has(pointId) || (only ?? pointId) !== pointId) continue;
    if ((ofInstance ?? instanceId) !== instanceId) continue;
    const trace = await repository.tracePoint(pointId, instanceId);
    if (trace.kind !== 'missing') continue;
    const history = histories.get(instanceId) ?? (await loadHistory(ledger, instanceId));
    histories.set(instanceId, history);
    const point = history.points.find((one) => one.id === pointId);
    if (point === undefined || (point.repositoryId ?? repository.id) !== repository.id) continue;
    const { objectKey, reason } = trace;
    missing.push({ pointId, instanceId, takenAt: point.takenAt, objectKey, reason });
  }
  return missing.toSorted((one, other) => one.takenAt - other.takenAt);
}

/** The same as a verification tells it: the whole point is hurt. */
export function findingOfMissing({ pointId, objectKey, reason }: MissingPoint): VerifyFinding {
  const nowhere = { volumeId: null, device: null, range: null, blockCount: 0 };
  return {
    ...{ kind: 'finding', pointId, objectKey, ...nowhere },
    firstBlock: 0 as VerifyFinding['firstBlock'],
    reason: `the point is gone, and no retention has removed it: ${reason}`,
  };
}
