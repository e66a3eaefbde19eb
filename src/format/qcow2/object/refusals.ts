import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { ByteRange } from '../../../ports/object-store.ts';

/** The error for bytes that are not what was written. */
export function corrupt(
  objectKey: string,
  reason: string,
  options: { readonly range?: ByteRange; readonly endBlock?: number } = {},
): SnapledgerError {
  return new SnapledgerError(
    'OBJECT_CORRUPT',
    `the repository is damaged at ${objectKey}: ${reason}`,
    {
      remedy:
        "'snapledger verify --deep' shows which points are hurt; whatever else is sound can be restored.",
      details: {
        ...{ objectKey, reason, ...options.range },
        ...(options.endBlock === undefined ? {} : { endBlock: options.endBlock }),
      },
    },
  );
}

export function invalid(message: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message);
}

export function fenced(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError('SESSION_FENCED', `the session ${sessionId} can make no point`, {
    remedy: 'Begin another session.',
  });
}

/** Whether an error says that an object is not what was stored, or is gone. */
export function isDamage(error: unknown): error is SnapledgerError {
  return (
    error instanceof SnapledgerError &&
    ['OBJECT_CORRUPT', 'OBJECT_NOT_FOUND', 'OBJECT_RANGE'].includes(error.code)
  );
}

/** Why it is damaged, without where. */
export function damageReason({ details, message }: SnapledgerError): string {
  const { reason } = details;
  return typeof reason === 'string' ? reason : message;
}
