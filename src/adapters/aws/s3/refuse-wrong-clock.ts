import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { S3Connection } from './s3-connection.ts';

/** As far as S3 lets the clock of a signature be off. */
const offMaxMs = 15 * 60 * 1000;

/**
 * Locks nothing by a clock that is wrong: a date that is years away cannot be taken back, and what is locked until
 * then is paid for. The client knows how far off the clock is from the last reply of the service.
 *
 * @throws CLOCK_WRONG
 */
export function refuseWrongClock({ client }: Pick<S3Connection, 'client'>): void {
  const { systemClockOffset } = client.config;
  if (Math.abs(systemClockOffset) <= offMaxMs) return;
  const minutes = Math.round(Math.abs(systemClockOffset) / 60_000);
  const which = systemClockOffset > 0 ? 'behind' : 'ahead of';
  throw new SnapledgerError(
    'CLOCK_WRONG',
    `the clock of this machine is ${minutes} minutes ${which} that of the store, so nothing is locked by it`,
    { remedy: 'Set the clock of this machine, then do it again.' },
  );
}
