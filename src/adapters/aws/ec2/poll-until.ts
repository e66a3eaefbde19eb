import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Ec2Connection } from './ec2-connection.ts';

/**
 * Looks again and again until there is an answer.
 *
 * @param what for the message: `volume vol-1 is available`
 * @throws TIMED_OUT, the signal's reason, and what `look` throws
 */
export async function pollUntil<Answer>(
  { clock, limits }: Ec2Connection,
  what: string,
  look: () => Promise<Answer | null>,
  signal?: AbortSignal,
): Promise<Answer> {
  const endMs = clock.now() + limits.transitionMs;
  let pauseMs = Math.min(limits.firstPollMs, limits.pollMs);
  for (;;) {
    const answer = await look();
    if (answer !== null) return answer;
    if (clock.now() >= endMs) {
      throw new SnapledgerError('TIMED_OUT', `EC2 does not get there in time: ${what}`, {
        retry: 'retryable',
        remedy: 'Check the health of AWS in this region, and try again.',
      });
    }
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, limits.pollMs);
  }
}
