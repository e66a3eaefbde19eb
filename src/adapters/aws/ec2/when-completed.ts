import type { Ec2Connection } from './ec2-connection.ts';
import { awsCodeOf } from './ec2-error.ts';
import { untilAccepted } from './until-accepted.ts';

/**
 * Makes a request that uses a snapshot which a listing has shown as completed. For a while other hosts
 * of EC2 may still have it as pending, and refuse.
 *
 * @throws what `request` throws, also when it is still refused so after `lostRequestMs`; the signal's reason
 */
export function whenCompleted<Output>(
  connection: Pick<Ec2Connection, 'clock' | 'limits'>,
  request: () => Promise<Output>,
  signal?: AbortSignal,
): Promise<Output> {
  const isPassing = (error: unknown): boolean => awsCodeOf(error) === 'IncorrectState';
  const patienceMs = connection.limits.lostRequestMs;
  return untilAccepted(connection, { isPassing, patienceMs }, request, signal);
}
