import { EBSServiceException } from '@aws-sdk/client-ebs';
import { isSnapledgerError, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import { readAwsFailure } from '../client/aws-failure.ts';

/** What is listed: the blocks of a snapshot, or those in which it differs from another one. */
export interface ListedSnapshots {
  readonly snapshotId: SnapshotId;
  readonly comparedWith: SnapshotId | null;
}

/** Why EBS refuses a request, in its own word (`UNRELATED_SNAPSHOTS`); empty where it gives none. */
export function ebsReasonOf(error: unknown): string {
  if (!(error instanceof EBSServiceException) || !('Reason' in error)) return '';
  return typeof error.Reason === 'string' ? error.Reason : '';
}

/**
 * Gives a failed listing its meaning. Two snapshots that EBS does not want to compare, for whatever
 * reason, are unrelated: a wider read of the second gives the same backup.
 */
export function toListError(
  error: unknown,
  { snapshotId, comparedWith }: ListedSnapshots,
): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  const { code, kind, said } = readAwsFailure(error);
  const what =
    comparedWith === null
      ? `the blocks of ${snapshotId} cannot be listed`
      : `the changes from ${comparedWith} to ${snapshotId} cannot be listed`;
  const message = `${what}: ${said} (${code})`;
  const awsReason = ebsReasonOf(error);
  const details = { awsCode: code, awsReason };
  const readInFull = 'Read the volume in full.';
  if (code === 'ResourceNotFoundException') {
    return new SnapledgerError('SNAPSHOT_NOT_FOUND', message, { details, remedy: readInFull });
  }
  // Says nothing about the snapshots: the list itself has come to nothing.
  if (awsReason === 'INVALID_PAGE_TOKEN') return cannotListNow(message, details);
  if (code === 'ValidationException') {
    return comparedWith === null
      ? unavailable(message, { ...details, reason: 'no-api' })
      : new SnapledgerError('SNAPSHOTS_UNRELATED', message, { details, remedy: readInFull });
  }
  if (code === 'AccessDeniedException') {
    return unavailable(message, { ...details, reason: 'no-permission' });
  }
  // No such host: the region has no EBS direct APIs.
  if (code === 'ENOTFOUND') return unavailable(message, { ...details, reason: 'no-api' });
  switch (kind) {
    case 'throttled':
    case 'transient':
      return cannotListNow(message, details);
    case 'denied':
      return new SnapledgerError('CLOUD_ACCESS_DENIED', message, {
        details,
        remedy: 'Check the AWS credentials: environment, profile or role.',
      });
    case 'untrusted':
    case 'refused':
    case 'not-understood':
      return new SnapledgerError('CLOUD_REFUSED', message, {
        details,
        remedy: 'Change what it complains of.',
      });
  }
}

function cannotListNow(
  message: string,
  details: Readonly<Record<string, string>>,
): SnapledgerError {
  return new SnapledgerError('CLOUD_UNAVAILABLE', message, {
    details,
    retry: 'retryable',
    remedy: 'Try again: listing changes nothing.',
  });
}

/** EBS has broken its own rules: what it lists cannot be relied on. */
export function unreliableList(what: string): SnapledgerError {
  return unavailable(`EBS ${what}`, { reason: 'no-api' });
}

function unavailable(message: string, details: Readonly<Record<string, string>>): SnapledgerError {
  return new SnapledgerError('CHANGED_BLOCKS_UNAVAILABLE', message, {
    details,
    remedy: 'Grant ebs:ListSnapshotBlocks and ebs:ListChangedBlocks, or read the volume in full.',
  });
}
