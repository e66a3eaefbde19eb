import type { ErrorCode } from './error-code.ts';

/** Whether the same request can succeed later without anybody changing anything. */
export type Retryable = 'retryable' | 'permanent';

export interface SnapledgerErrorOptions {
  readonly retry?: Retryable;
  readonly cause?: unknown;
  /** What to do about it, in the user's words; one sentence. */
  readonly remedy?: string;
  /** Facts for machines: ids, sizes, keys of objects. Never a secret. */
  readonly details?: ErrorDetails;
}

/** As JSON can say it; times are ISO 8601. */
export type ErrorDetails = Readonly<Record<string, ErrorDetail>>;
type ErrorDetail = string | number | readonly (string | ErrorDetails)[];

/**
 * The one error class that leaves this package.
 *
 * `message` says what was wrong and where, for a person; `remedy` says what to do; `code` is for
 * programs. Neither ever holds a secret.
 */
export class SnapledgerError extends Error {
  override readonly name = 'SnapledgerError';
  readonly code: ErrorCode;
  readonly retry: Retryable;
  readonly remedy: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: SnapledgerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? 'permanent';
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }
}

/** True for an error of this package, also of another copy of it, that carries one of `codes`. */
export function hasErrorCode(
  error: unknown,
  ...codes: readonly ErrorCode[]
): error is SnapledgerError {
  return isSnapledgerError(error) && codes.includes(error.code);
}

/** True for an error of this package, also when another copy of the package threw it. */
export function isSnapledgerError(error: unknown): error is SnapledgerError {
  return error instanceof Error && error.name === 'SnapledgerError' && 'code' in error;
}
