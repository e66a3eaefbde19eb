import { Metadata, status } from '@grpc/grpc-js';
import type { ServerErrorResponse } from '@grpc/grpc-js';
import type { FakeFault } from './fake-faults.ts';

/** The errors of a server, with the trailers that it sends along (its RpcExceptions.cs). */

export function accessDenied(): ServerErrorResponse {
  return withException(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });
}

export function unauthenticated(): ServerErrorResponse {
  return grpcError(status.UNAUTHENTICATED, 'Authentication failed');
}

export function streamDeleted(stream: string): ServerErrorResponse {
  return withException(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

export function appendTooLarge(maxBytes: number): ServerErrorResponse {
  return withException(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxBytes),
  });
}

export function groupExists(stream: string, group: string): ServerErrorResponse {
  return withException(
    status.ALREADY_EXISTS,
    `Subscription group ${group} on stream ${stream} exists.`,
    {
      exception: 'persistent-subscription-exists',
      'stream-name': stream,
      'group-name': group,
    },
  );
}

export function groupMissing(stream: string, group: string): ServerErrorResponse {
  return withException(
    status.NOT_FOUND,
    `Subscription group ${group} on stream ${stream} does not exist.`,
    {
      exception: 'persistent-subscription-does-not-exist',
      'stream-name': stream,
      'group-name': group,
    },
  );
}

/** The error of a fault that is one; undefined for those that are something else. */
export function errorOfFault(fault: FakeFault | undefined): ServerErrorResponse | undefined {
  switch (fault?.kind) {
    case 'unavailable':
      return grpcError(status.UNAVAILABLE, 'Server Is Too Busy');
    case 'busy':
      return grpcError(status.UNAVAILABLE, 'Server Is Not Ready');
    case 'internal':
      return grpcError(status.INTERNAL, 'Exception was thrown by handler.');
    case 'access-denied':
      return accessDenied();
    case 'not-leader':
      return withException(status.NOT_FOUND, 'Leader info available', {
        exception: 'not-leader',
        'leader-endpoint-host': '127.0.0.1',
        'leader-endpoint-port': String(fault.leaderPort),
      });
    case undefined:
    case 'hang':
    case 'reply-lost':
    case 'cut-before':
    case 'cut-after':
    case 'slow':
    case 'cut-after-events':
    case 'hang-after-events':
    case 'duplicates':
    case 'unknown-checkpoint':
      return undefined;
  }
}

/** What a client sees of a connection that broke. */
export function broken(): ServerErrorResponse {
  return grpcError(status.UNAVAILABLE, 'Connection dropped');
}

function grpcError(code: status, details: string): ServerErrorResponse {
  return Object.assign(new Error(details), { code, details });
}

function withException(
  code: status,
  details: string,
  trailers: Readonly<Record<string, string>>,
): ServerErrorResponse {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  return Object.assign(grpcError(code, details), { metadata });
}
