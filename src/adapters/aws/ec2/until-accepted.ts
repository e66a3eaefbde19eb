import type { Ec2Connection } from './ec2-connection.ts';

/** A refusal that passes by itself, because not every host of EC2 knows everything at the same time. */
export interface PassingRefusal {
  readonly isPassing: (error: unknown) => boolean;
  readonly patienceMs: number;
}

/**
 * Makes a request again and again while it is refused so.
 *
 * @throws what `request` throws, such a refusal after the patience; the signal's reason
 */
export async function untilAccepted<Output>(
  { clock, limits }: Pick<Ec2Connection, 'clock' | 'limits'>,
  { isPassing, patienceMs }: PassingRefusal,
  request: () => Promise<Output>,
  signal?: AbortSignal,
): Promise<Output> {
  const endMs = clock.now() + patienceMs;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!isPassing(error) || clock.now() >= endMs) throw error;
    }
    await clock.sleep(limits.pollMs, signal);
  }
}
