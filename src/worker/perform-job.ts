import type { PreparedTransfer, Transfer } from '../format/transfer.ts';
import type { JobVolume, WorkerJob } from '../mailbox/worker-job.ts';
import type { BlockSource } from '../ports/block-source.ts';
import { describeError } from './worker-errors.ts';
import { waitForDevice } from './wait-for-device.ts';
import type { WorkerWorld } from './worker-world.ts';

/**
 * Transfers every volume of the job, one after the other. All devices are opened before the first
 * is read, so that one that is missing shows before hours of reading.
 *
 * @throws DISK_*, and whatever the format's transfer throws
 */
export async function performJob(
  world: WorkerWorld,
  prepared: PreparedTransfer,
  job: WorkerJob,
  signal: AbortSignal,
): Promise<void> {
  const opened: { readonly volume: JobVolume; readonly source: BlockSource }[] = [];
  const closeSources = async (): Promise<void> => {
    await Promise.all(opened.map(({ source }) => source.close()));
  };
  await closingAfterwards(closeSources, world.log, async () => {
    for (const volume of job.volumes) {
      opened.push({ volume, source: await waitForDevice(world, volume, signal) });
    }
    const transfer = await openTransfer(world, prepared, job);
    await closingAfterwards(
      () => transfer.close(),
      world.log,
      async () => {
        for (const { volume, source } of opened) {
          await transferVolume(world, transfer, volume, source, signal);
        }
      },
    );
  });
}

function openTransfer(
  { objectStore, random, clock, userData }: WorkerWorld,
  prepared: PreparedTransfer,
  { grant, compression }: WorkerJob,
): Promise<Transfer> {
  const { attempt } = userData;
  return prepared.open({ objectStore, grant, random, clock, attempt, compression });
}

async function transferVolume(
  { userData, log }: WorkerWorld,
  transfer: Transfer,
  { volumeId, planId, sizeBytes, firstPlanned }: JobVolume,
  source: BlockSource,
  signal: AbortSignal,
): Promise<void> {
  log(`volume ${volumeId}, ${sizeBytes} bytes: reading from position ${firstPlanned} of its plan`);
  const total = { blocksRead: 0, blocksStored: 0, bytesStored: 0 };
  const request = { sessionId: userData.sessionId, planId, source, firstPlanned, signal };
  for await (const { counts } of transfer.run(request)) {
    total.blocksRead += counts.blocksRead;
    total.blocksStored += counts.blocksStored;
    total.bytesStored += counts.bytesStored;
  }
  // A run that ends quietly on an abort must not pass for a volume that is complete.
  signal.throwIfAborted();
  log(
    `volume ${volumeId}: done, ${total.blocksRead} blocks read, ${total.blocksStored} stored in ${total.bytesStored} bytes`,
  );
}

/** Closes when the work is over; of two errors that of the work counts, and the other is logged. */
async function closingAfterwards(
  close: () => Promise<void>,
  log: (line: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    await close().catch((closeError: unknown) => {
      log(`after a failure, closing failed too: ${describeError(closeError)}`);
    });
    throw error;
  }
  await close();
}
