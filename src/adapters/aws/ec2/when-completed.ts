import type { Ec2Connection } from './ec2-connection.ts';
import { awsCodeOf } from './ec2-error.ts';

/**
 * Makes a request that uses a snapshot which a listing has shown as completed. For a while other hosts
 * of EC2 may still have it as pending, and refuse.
 *
 * @throws what `request` throws, also when it is still refused so after `lostRequestMs`; the signal's reason
 */
export async function whenCompleted<Output>(
  { clock, limits }: Pick<Ec2Connection, 'clock' | 'limits'>,
  request: () => Promise<Output>,
  signal?: AbortSignal,
): Promise<Output> {
  const endMs = clock.now() + limits.lostRequestMs;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (awsCodeOf(error) !== 'IncorrectState' || clock.now() >= endMs) throw error;
    }
    await clock.sleep(limits.pollMs, signal);
  }
}
