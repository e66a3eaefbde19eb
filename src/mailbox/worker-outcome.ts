import { errorCodes, type ErrorCode } from '../domain/errors/error-code.ts';
import type { Retryable } from '../domain/errors/snapledger-error.ts';
import { unreachable } from '../domain/errors/unreachable.ts';
import { mailboxLimits } from './mailbox-limits.ts';
import { packContent, unpackContent } from './message-content.ts';
import { messageFields } from './message-fields.ts';

const outcomeVersion = 1;
const outcomes = ['succeeded', 'failed'] as const;
const retries = ['retryable', 'permanent'] as const;
const text = { maxLength: mailboxLimits.outcomeTextMaxLength };

/** How a worker's job ended. */
export type WorkerOutcome = { readonly outcome: 'succeeded' } | WorkerFailure;

export interface WorkerFailure {
  readonly outcome: 'failed';
  readonly code: ErrorCode;
  /** What was wrong, for a person; no secret. */
  readonly message: string;
  /** What to do about it, where that is known. */
  readonly remedy: string | null;
  /** Whether another attempt may succeed. */
  readonly retry: Retryable;
}

/** Texts beyond the limit are cut: a long message is better than none. */
export function encodeOutcome(outcome: WorkerOutcome): Uint8Array {
  return packContent(
    { version: outcomeVersion, ...withinLimits(outcome) },
    'the outcome',
    mailboxLimits.outcomeMaxBytes,
  );
}

/** @throws MAILBOX_REJECTED when anything in it is not as it should be. */
export function decodeOutcome(content: Uint8Array, where: string): WorkerOutcome {
  const fields = messageFields(unpackContent(content, where), where);
  fields.integer('version', { min: outcomeVersion, max: outcomeVersion });
  const outcome = fields.oneOf('outcome', outcomes);
  switch (outcome) {
    case 'succeeded':
      return { outcome };
    case 'failed':
      return {
        outcome,
        code: fields.oneOf('code', errorCodes),
        message: fields.text('message', text),
        remedy: fields.optionalText('remedy', text),
        retry: fields.oneOf('retry', retries),
      };
    default:
      return unreachable(outcome);
  }
}

function withinLimits(outcome: WorkerOutcome): WorkerOutcome {
  if (outcome.outcome === 'succeeded') return outcome;
  const cut = (long: string): string => long.slice(0, mailboxLimits.outcomeTextMaxLength);
  const remedy = outcome.remedy === null ? null : cut(outcome.remedy);
  return { ...outcome, message: cut(outcome.message), remedy };
}
