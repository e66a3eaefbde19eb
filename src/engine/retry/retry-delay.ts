import type { RandomSource } from '../../ports/random-source.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * How long to wait after so many failures in a row, from 1 on: twice as long after each, up to a limit;
 * from half of that to all of it, so that those who failed together do not come back together.
 */
export function retryDelayMs(
  { firstDelayMs, delayMaxMs }: Pick<RetryPolicy, 'firstDelayMs' | 'delayMaxMs'>,
  failures: number,
  random: RandomSource,
): number {
  const delayMs = Math.min(firstDelayMs * 2 ** (failures - 1), delayMaxMs);
  const [byte = 0] = random.bytes(1);
  return (delayMs * (256 + byte)) / 512;
}
