import type { TransferPlanRef } from '../../transfer-plan.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { ControlReader } from './control-reader.ts';

/** Segments of one answer: who polls asks again for more. */
const segmentsMax = 256;

/**
 * The segments that the attempt has posted from number `from` on, up to the first that is not
 * there, and 256 at most.
 *
 * @throws OBJECT_CORRUPT
 */
export async function readSegments(
  context: RepositoryContext,
  ref: TransferPlanRef,
  attempt: number,
  from: number,
): Promise<readonly TransferSegment[]> {
  const session = await context.keyring.keysOf(ref.sessionId);
  const reader = new ControlReader(context, session, ref);
  const segments: TransferSegment[] = [];
  for (let number = from; segments.length < segmentsMax; number += 1) {
    try {
      const { segment } = await reader.segment(attempt, number);
      const { firstPlanned, endPlanned, counts } = segment;
      segments.push({ number, firstPlanned, endPlanned, counts });
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
      break;
    }
  }
  return segments;
}
