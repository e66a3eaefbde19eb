import type { CommitRequest } from '../../repository.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import { isUuid } from '../encoding/uuid-bytes.ts';
import { attemptMax } from '../keys/worker-secret.ts';
import { pointVolumesMax } from '../point/manifest-codec.ts';

/** Longest description of an instance, as JSON. */
const configurationMaxLength = 1024 * 1024;

/**
 * Refuses a request that could not be read back as it is.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkCommitRequest(request: CommitRequest): void {
  const { volumes, configuration } = request;
  if (!isUuid(request.sessionId)) throw invalid(`"${request.sessionId}" is not a session id`);
  if (request.setId === '') throw invalid('the id of the snapshot set is empty');
  if (!Number.isSafeInteger(request.takenAt) || request.takenAt < 0) {
    throw invalid(`${request.takenAt} is not a time in milliseconds since 1970`);
  }
  if (JSON.stringify(configuration).length > configurationMaxLength) {
    throw invalid('the description of the instance is larger than 1 MiB');
  }
  if (volumes.length === 0) throw invalid('the point has no volume');
  if (volumes.length > pointVolumesMax) throw invalid('the point has more than 256 volumes');
  const volumeIds = new Set(volumes.map((volume) => volume.volumeId));
  if (volumeIds.size !== volumes.length) throw invalid('a volume is in the point twice');
  for (const { sessionId, volumeId, device, snapshotId, segments } of volumes) {
    if (sessionId !== request.sessionId) throw invalid(`volume ${volumeId} is of another session`);
    if ([volumeId, device, snapshotId].some((id: string) => id === ''))
      throw invalid('a volume has an empty id');
    for (const { attempt, firstSegment, endSegment } of segments) {
      const isRun = attempt >= 0 && attempt <= attemptMax && firstSegment >= 0;
      if (!isRun || firstSegment > endSegment) throw invalid(`volume ${volumeId} has a bad run`);
    }
  }
}

function invalid(problem: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `the point cannot be committed: ${problem}`, {
    remedy: 'This is a defect of what called the commit; report it with the session.',
  });
}
