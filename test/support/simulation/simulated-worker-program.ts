import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../src/domain/identifiers.ts';
import { decodeUserData } from '../../../src/mailbox/user-data.ts';
import type { BlockSource } from '../../../src/ports/block-source.ts';
import { runWorker } from '../../../src/worker/run-worker.ts';
import type { Devices } from '../../../src/worker/devices.ts';
import { type DiskContent, readContent } from './cloud/disk-content.ts';
import { fakeFormat } from './fake-format/fake-format.ts';
import { processObjectStore } from './ports/process-object-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { createSimulatedRandom } from './seeded-prng.ts';

/** What runs on a worker instance: the real worker, in a simulated process. */
export async function runSimulatedWorker(
  world: SimulatedWorld,
  process: SimulatedProcess,
  worker: { readonly workerId: WorkerId; readonly userData: Uint8Array; readonly bootMs: number },
): Promise<string> {
  const { clock } = process;
  await clock.sleep(worker.bootMs);
  const end = await runWorker({
    userData: decodeUserData(worker.userData),
    objectStore: processObjectStore(process, world.objectStore, (key) => {
      world.noteObject(key, process);
    }),
    devices: devicesOf(world, process, worker.workerId),
    preparing: Promise.resolve(fakeFormat.prepareTransfer()),
    clock,
    random: createSimulatedRandom(world.prng.fork(process.name)),
    signal: new AbortController().signal,
    log: () => undefined,
  });
  return end.kind;
}

function devicesOf(
  { volumes }: SimulatedWorld,
  process: SimulatedProcess,
  workerId: WorkerId,
): Devices {
  return {
    open: (volumeId, sizeBytes) => {
      const content = volumes.contentFor(workerId, volumeId);
      if (content === null) return Promise.resolve(null);
      return Promise.resolve(sourceOf(content, sizeBytes, process));
    },
  };
}

function sourceOf(content: DiskContent, sizeBytes: number, process: SimulatedProcess): BlockSource {
  return {
    sizeBytes,
    read: (first, blockCount, into) => {
      const what = `read blocks ${first} to ${first + blockCount - 1}`;
      const refusal = new SnapledgerError('DISK_UNREADABLE', `simulated: ${what}`);
      return process.call({ port: 'device', what, refusal }, () => {
        if (into.byteLength > blockCount * blockSizeBytes) throw new RangeError('too many bytes');
        readContent(content, first, into);
        return Promise.resolve();
      });
    },
    close: () => Promise.resolve(),
  };
}
