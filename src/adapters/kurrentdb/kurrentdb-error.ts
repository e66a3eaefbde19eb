import {
  AccessDeniedError,
  convertToCommandError,
  isCommandError,
  MaxAppendSizeExceededError,
  NotLeaderError,
  StreamDeletedError,
  UnavailableError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { isSnapledgerError, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ExpectedRevision, StreamName } from '../../ports/event-store.ts';
import { revisionConflict } from '../../ports/event-store-rules.ts';

/** Status codes of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const grpcStatus = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  dataLoss: 15,
} as const;

/** What to do about a ledger that cannot be believed any more. */
export const distrustRemedy =
  'Do not go on writing; find out who changed the streams of this ledger on the server, and bring them back from a backup of the server.';

/**
 * Gives an error of the client its meaning. Whatever is not known for certain leaves the outcome
 * unknown: LEDGER_UNAVAILABLE, and the same append may be made again.
 *
 * @param server how messages name the server
 */
export function toLedgerError(error: unknown, server: string): SnapledgerError {
  if (isSnapledgerError(error)) return error;
  // Some errors leave the client as gRPC made them.
  const known = error instanceof Error ? convertToCommandError(error) : error;
  const said = saidBy(known);
  const details = { server };
  if (known instanceof AccessDeniedError) {
    return new SnapledgerError(
      'LEDGER_ACCESS_DENIED',
      `The event store at ${server} does not let this user in, or not to the ledger (${said}).`,
      {
        cause: error,
        details,
        remedy:
          'Check SNAPLEDGER_EVENT_STORE_USER and SNAPLEDGER_EVENT_STORE_PASSWORD; the user needs to read $all, to write streams and, for the first engine, to make a persistent subscription.',
      },
    );
  }
  if (known instanceof MaxAppendSizeExceededError) {
    return new SnapledgerError(
      'LIMIT_EXCEEDED',
      `The event store at ${server} takes at most ${known.maxAppendSize} bytes in one append, and this one has more.`,
      {
        cause: error,
        details: { server, appendSizeMaxBytes: known.maxAppendSize },
        remedy: "Append in several steps, or raise the server's MaxAppendSize.",
      },
    );
  }
  if (known instanceof StreamDeletedError) {
    return new SnapledgerError(
      'LEDGER_CORRUPT',
      `A stream of the ledger was deleted for good from the event store at ${server} (${said}).`,
      { cause: error, details, remedy: distrustRemedy },
    );
  }
  if (codeOf(known) === grpcStatus.invalidArgument) {
    return new SnapledgerError(
      'INVALID_ARGUMENT',
      `The event store at ${server} refuses what it is asked for (${said}).`,
      {
        cause: error,
        details,
        remedy: 'If a position was given it is of another ledger: begin without it.',
      },
    );
  }
  if (codeOf(known) === grpcStatus.unimplemented) return notAnEventStore(server, error);
  const what = known instanceof NotLeaderError ? 'is not the leader of its cluster now' : 'failed';
  return new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The event store at ${server} ${what} (${said}).`,
    {
      cause: error,
      details,
      retry: 'retryable',
      remedy: unavailableRemedy,
    },
  );
}

/** The error of the first question: the location itself may be wrong. */
export function toOpeningError(error: unknown, server: string): SnapledgerError {
  // What a web server says is taken for an enormous message, or breaks the rules of HTTP/2.
  const isForeign =
    codeOf(error) === grpcStatus.resourceExhausted || saidBy(error).includes('Protocol error');
  if (isForeign) return notAnEventStore(server, error);
  const known = toLedgerError(error, server);
  if (known.code !== 'LEDGER_UNAVAILABLE') return known;
  return new SnapledgerError(known.code, known.message, {
    cause: known.cause,
    retry: known.retry,
    details: known.details,
    remedy: `See that the server runs. ${locationRemedy}`,
  });
}

/** The error of an append: besides what can happen to every call, the stream may be elsewhere. */
export function toAppendError(
  error: unknown,
  server: string,
  stream: StreamName,
  expectedRevision: ExpectedRevision,
): SnapledgerError {
  const known = error instanceof Error ? convertToCommandError(error) : error;
  if (!(known instanceof WrongExpectedVersionError)) return toLedgerError(error, server);
  const { actualVersion } = known;
  const actual = typeof actualVersion === 'bigint' ? Number(actualVersion) : -1;
  return revisionConflict(stream, expectedRevision, actual);
}

export function timedOut(server: string, limitMs: number): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The event store at ${server} did not answer within ${limitMs} ms.`,
    { retry: 'retryable', remedy: unavailableRemedy, details: { server, limitMs } },
  );
}

/**
 * The server is gone, and has been asked too lately.
 *
 * @param waitMs until it is asked again; null: another call asks it just now
 */
export function notAskedNow(
  cause: unknown,
  server: string,
  goneMs: number,
  waitMs: number | null,
): SnapledgerError {
  const gone = `has not answered for ${Math.round(goneMs / 1_000)} s (${saidBy(cause)})`;
  const when =
    waitMs === null
      ? 'is being asked by another call'
      : `is asked again in ${Math.ceil(waitMs / 1_000)} s`;
  return new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The event store at ${server} ${gone}, and ${when}.`,
    {
      cause,
      retry: 'retryable',
      remedy: unavailableRemedy,
      details: { server, goneMs, waitMs: waitMs ?? 0 },
    },
  );
}

/** The server has ended a subscription, which it may at any time, and has not said why. */
export function subscriptionEnded(server: string): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The event store at ${server} ended a subscription.`,
    { retry: 'retryable', remedy: unavailableRemedy, details: { server } },
  );
}

/** Something answers there, but not as a KurrentDB would. */
export function notAnEventStore(server: string, cause: unknown): SnapledgerError {
  return new SnapledgerError(
    'NOT_AN_EVENT_STORE',
    `What answers at ${server} is no KurrentDB or EventStoreDB (${saidBy(cause)}).`,
    {
      cause,
      details: { server },
      remedy: locationRemedy,
    },
  );
}

/** Whether the client may be the reason, so that another one may do better. */
export function blamesClient(error: unknown): boolean {
  const known = error instanceof Error ? convertToCommandError(error) : error;
  const code = codeOf(known);
  if (code === undefined) return !(known instanceof Error && isCommandError(known));
  const suspicious: readonly number[] = [
    grpcStatus.unknown,
    grpcStatus.internal,
    grpcStatus.dataLoss,
  ];
  return suspicious.includes(code);
}

/**
 * Whether nobody has answered: there is no connection or it broke, a limit of ours is over, or no member of a
 * cluster could be found.
 *
 * INTERNAL, UNKNOWN, DATA_LOSS and CANCELLED are answers. A server sends them for one call that it cannot do,
 * and answers others. gRPC also makes them itself, of a stream that was reset or of what it cannot read, and
 * gives them no mark; but somebody has sent that. Only what it says of an error of its own socket is told apart.
 */
export function isUnanswered(error: unknown): boolean {
  if (isTimeout(error)) return true;
  const known = error instanceof Error ? convertToCommandError(error) : error;
  const code = codeOf(known);
  // Also for a stream that broke while it was written to, which has the code INTERNAL.
  if (known instanceof UnavailableError || code === grpcStatus.deadlineExceeded) return true;
  const said = saidBy(known);
  return code === undefined
    ? said.startsWith('Failed to discover')
    : code === grpcStatus.internal && said.includes('triggered by internal client error');
}

/** Whether a server has said so; an error of our own, or of the client, says nothing of a server. */
export function isAnswer(error: unknown): boolean {
  if (isUnanswered(error)) return false;
  return codeOf(error) !== undefined || (error instanceof Error && isCommandError(error));
}

/** Of a limit of our own. */
export function isTimeout(error: unknown): boolean {
  return error instanceof SnapledgerError && 'limitMs' in error.details;
}

export function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'number' ? error.code : undefined;
}

/** Characters of a server's own words that a message repeats. */
const saidMaxLength = 300;

const locationRemedy =
  'Check host and port, and whether the server uses TLS: tls=false in the location is for one without.';

/** For reads and appends alike: what was recorded already is not recorded a second time. */
const unavailableRemedy =
  "See that the server runs and can be reached; then run it again. 'snapledger resume' brings what was interrupted to its end.";

function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = error.message.replace(/\s+/g, ' ').trim().slice(0, saidMaxLength);
  return said === '' ? error.name : said;
}
