import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { HistoryItem } from '../../domain/retention/history-items.ts';
import type { Repository } from '../../format/repository.ts';
import { loadHistory } from '../instance/load-history.ts';
import { type MissingPoint, missingPoints, type PointRecords } from './missing-points.ts';

/** Items of one kind that are named; more are counted. */
const namedMax = 3;

/** The error for a point that is missing, with what else there is of its instance. */
export async function pointMissing(
  records: PointRecords,
  repository: Pick<Repository, 'id' | 'tracePoint'>,
  { pointId, instanceId, takenAt, objectKey, reason }: MissingPoint,
): Promise<SnapledgerError> {
  const { points, sets, replicas } = await loadHistory(records.ledger, instanceId);
  const missing = await missingPoints(records, repository, new Set(), { instanceId });
  const gone = new Set(missing.map((one) => one.pointId));
  const left = [
    ...leftOf(
      'restore point',
      points.filter(({ id, expired }) => expired === null && !gone.has(id)),
    ),
    ...leftOf('snapshot set', sets),
    ...leftOf('replica', replicas),
  ];
  const others =
    left.length === 0
      ? `Nothing else of '${instanceId}' can be restored.`
      : `Of '${instanceId}' there are, the newest first: ${left.join('; ')}.`;
  return new SnapledgerError(
    'POINT_MISSING',
    `the restore point ${pointId} of '${instanceId}', as of ${new Date(takenAt).toISOString()}, is gone ` +
      `from the repository, and no retention has removed it: ${reason} (${objectKey})`,
    {
      remedy: `Bring that object back from a copy of the repository, or take another one. ${others}`,
      details: { pointId, instanceId, objectKey },
    },
  );
}

function leftOf(kind: string, items: readonly HistoryItem<string>[]): readonly string[] {
  const whole = items.filter(({ condition }) => condition === 'complete').toReversed();
  if (whole.length === 0) return [];
  const named = whole
    .slice(0, namedMax)
    .map(({ id, takenAt }) => `${id} (${new Date(takenAt).toISOString()})`);
  const more = whole.length > namedMax ? `, and ${whole.length - namedMax} more` : '';
  return [`${kind} ${named.join(', ')}${more}`];
}
