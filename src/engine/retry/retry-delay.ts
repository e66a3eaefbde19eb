import { jittered } from '../../ports/jittered.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * How long to wait after so many failures in a row, from 1 on: twice as long after each, up to a limit,
 * jittered.
 */
export function retryDelayMs(
  { firstDelayMs, delayMaxMs }: Pick<RetryPolicy, 'firstDelayMs' | 'delayMaxMs'>,
  failures: number,
  random: RandomSource,
): number {
  return jittered(Math.min(firstDelayMs * 2 ** (failures - 1), delayMaxMs), random);
}
