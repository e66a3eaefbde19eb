import type { RandomSource } from './random-source.ts';

/** From half of the delay to all of it, so that those who failed together do not come back together. */
export function jittered(delayMs: number, random: RandomSource): number {
  const [byte = 0] = random.bytes(1);
  return (delayMs * (256 + byte)) / 512;
}
