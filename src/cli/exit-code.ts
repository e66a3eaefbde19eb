import { hasErrorCode } from '../index.ts';
import { SessionFailure } from './session/session-failure.ts';

/** How the program ends; part of its interface, and shown by `snapledger --help`. */
export const exitCodes = {
  /** Everything that was asked for is done. */
  done: 0,
  /** It could not be done, or damage was found. */
  failed: 1,
  /** The command line or the environment was not understood; nothing was begun. */
  usage: 2,
  /** It is done, but something needs attention. */
  warnings: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code for an error that ended a command; a session that was begun is never `usage`. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof SessionFailure) return exitCodes.failed;
  const usage = hasErrorCode(error, 'INVALID_ARGUMENT', 'POLICY_INVALID');
  return usage ? exitCodes.usage : exitCodes.failed;
}

/** The exit code for several results together: the worst of them. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  if (codes.includes(exitCodes.failed)) return exitCodes.failed;
  return codes.includes(exitCodes.warnings) ? exitCodes.warnings : exitCodes.done;
}
