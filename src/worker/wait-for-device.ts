import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { pollUntil } from '../mailbox/poll-until.ts';
import type { JobVolume } from '../mailbox/worker-job.ts';
import type { BlockSource } from '../ports/block-source.ts';
import { workerLimits } from './worker-limits.ts';
import type { WorkerWorld } from './worker-world.ts';

/** Opens a volume's device as soon as it is there. @throws DISK_MISSING (retryable), DISK_* */
export function waitForDevice(
  { devices, clock, userData }: WorkerWorld,
  { volumeId, sizeBytes }: JobVolume,
  signal: AbortSignal,
): Promise<BlockSource> {
  const timeoutMs = workerLimits.deviceTimeoutMs;
  return pollUntil(() => devices.open(volumeId, sizeBytes), {
    clock,
    signal,
    timeoutMs,
    pollIntervalMs: userData.limits.pollIntervalMs,
    timedOut: (cause) =>
      new SnapledgerError(
        'DISK_MISSING',
        `volume ${volumeId} did not show as a device of the worker within ${timeoutMs / 1000} s`,
        {
          retry: 'retryable',
          cause,
          remedy: 'See whether the volume is attached to the worker.',
          details: { volumeId },
        },
      ),
  });
}
