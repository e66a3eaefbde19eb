import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { eventStoreLimits } from '../../ports/event-store.ts';

/** @throws LIMIT_EXCEEDED when no event store takes as much */
export function assertSize(type: string, data: Uint8Array): void {
  const { eventSizeMaxBytes } = eventStoreLimits;
  if (data.byteLength <= eventSizeMaxBytes) return;
  throw new SnapledgerError(
    'LIMIT_EXCEEDED',
    `a '${type}' of ${data.byteLength} bytes cannot be recorded; an event has at most ${eventSizeMaxBytes}`,
    { remedy: 'Back up fewer volumes of the instance in one session.' },
  );
}
