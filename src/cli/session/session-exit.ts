import {
  type ErrorCode,
  type SessionSummary,
  errorCodes,
  hasErrorCode,
  SnapledgerError,
} from '../../index.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatId } from '../output/format-id.ts';
import { subjectInWords } from '../wording/session-subject.ts';
import { sessionKindInWords } from '../wording/session-status.ts';
import { SessionFailure } from './session-failure.ts';

/**
 * The exit code for a session that came to its end.
 *
 * @throws CANCELLED, INTERRUPTED, or the code of what made the session fail
 */
export function sessionExit(summary: SessionSummary): ExitCode {
  switch (summary.status) {
    case 'succeeded':
      return exitCodes.done;
    case 'warning':
      return exitCodes.warnings;
    case 'cancelled':
      throw new SnapledgerError('CANCELLED', 'cancelled');
    case 'running':
      throw new SnapledgerError(
        'INTERRUPTED',
        `session ${formatId(summary.sessionId)} of ${subjectInWords(summary)} has not come to its end`,
      );
    case 'failed':
      throw failure(summary);
  }
}

/** What made a session fail, in a sentence that names the session's purpose. */
function failure(summary: SessionSummary): SessionFailure {
  const { sessionId, problems } = summary;
  const [problem] = problems;
  const what = `the ${sessionKindInWords(summary)} of ${subjectInWords(summary)} failed`;
  const why = problem === undefined ? '' : `: ${problem.message}`;
  return new SessionFailure(errorCodeOf(problem?.code), what + why, {
    remedy: `'snapledger replay ${formatId(sessionId)}' shows what happened.`,
    details: { sessionId },
  });
}

function errorCodeOf(text: string | undefined): ErrorCode {
  return errorCodes.find((code) => code === text) ?? 'INTERNAL';
}

/** True for the error of somebody who asked to stop. */
export function isCancellation(error: unknown, signal: AbortSignal): boolean {
  return hasErrorCode(error, 'CANCELLED') || (signal.aborted && error === signal.reason);
}
