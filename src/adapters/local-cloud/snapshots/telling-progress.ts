import type { Clock } from '../../../ports/clock.ts';
import type { CreateSetOptions } from '../../../ports/cloud/snapshots.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';

interface Progress {
  readonly clock: Clock;
  readonly bytesDone: () => number;
  readonly bytesTotal: number;
  readonly onProgress: NonNullable<CreateSetOptions['onProgress']>;
}

/**
 * Does the work, and tells how far it is: by looks from outside, which cost the work nothing. What is
 * done before the first look is not told at all, and what is told of ends with all of it.
 */
export async function tellingProgress<Result>(
  { clock, bytesDone, bytesTotal, onProgress }: Progress,
  work: () => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  let toldOf = 0;
  const tell = (bytes: number): void => {
    if (bytes === toldOf) return;
    toldOf = bytes;
    onProgress({ bytesDone: bytes, bytesTotal });
  };
  const look = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(localCloudLimits.captureProgressMs, over.signal);
      tell(bytesDone());
    }
  };
  const looks = look().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  try {
    const result = await work();
    if (toldOf > 0) tell(bytesTotal);
    return result;
  } finally {
    over.abort();
    await looks;
  }
}
