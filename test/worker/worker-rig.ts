import type { TimestampMs, VolumeId } from '../../src/domain/identifiers.ts';
import type { EngineMailbox } from '../../src/mailbox/engine-mailbox.ts';
import { decodeUserData } from '../../src/mailbox/user-data.ts';
import type { WorkerJob } from '../../src/mailbox/worker-job.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { prepareTransfer } from '../../src/worker/prepare-transfer.ts';
import type { WorkerWorld } from '../../src/worker/worker-world.ts';
import { createMailboxPair, neverAborts, sampleJob } from '../mailbox/mailbox-pair.ts';
import { createSeededRandom } from '../mailbox/seeded-random.ts';
import { createFakeFormat, type FakeFormat, type FakeTransferOptions } from './fake-transfer.ts';

export const twoVolumes: WorkerJob = {
  ...sampleJob,
  volumes: [
    ...sampleJob.volumes,
    {
      volumeId: 'vol-2' as VolumeId,
      planId: 'f3b1a0de-97c5-4f5e-a3ce-51a6a9d0b702',
      sizeBytes: 512 * 1024,
      firstPlanned: 0,
    },
  ],
};

export interface WorkerRigOptions extends Partial<Omit<FakeTransferOptions, 'clock'>> {
  /** Milliseconds from the start until a volume shows as a device; default: there at once. */
  readonly deviceDelayMs?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal;
  /** Puts something between the worker and the object store. */
  /** The format that the worker is told of; by default the one that it knows. */
  readonly formatName?: string;
  readonly workerStore?: (store: ObjectStore, clock: Clock) => ObjectStore;
}

/** A worker's world made of doubles, and the engine's side of its mailbox. */
export interface WorkerRig {
  readonly world: WorkerWorld;
  readonly engine: EngineMailbox;
  readonly format: FakeFormat;
  readonly objectStore: ObjectStore;
  readonly clock: Clock;
  readonly startedAt: TimestampMs;
  readonly log: readonly string[];
  /** The volumes whose devices are open now. */
  readonly openDevices: ReadonlySet<VolumeId>;
}

export function createWorkerRig(options: WorkerRigOptions = {}): WorkerRig {
  const { objectStore, clock, engine: createEngine } = createMailboxPair();
  const engine = createEngine();
  const format = createFakeFormat({
    clock,
    segmentsPerVolume: 3,
    segmentDurationMs: 1_000,
    ...options,
  });
  const startedAt = clock.now();
  const log: string[] = [];
  const openDevices = new Set<VolumeId>();
  const userData = decodeUserData(
    engine.userData({
      objectStore: { kind: 'filesystem', root: '/repository' },
      format: options.formatName ?? 'strata',
      devices: { kind: 'folder' },
      limits: { pollIntervalMs: 500, beatIntervalMs: 2_000 },
    }),
  );
  const world: WorkerWorld = {
    userData,
    objectStore: options.workerStore?.(objectStore, clock) ?? objectStore,
    devices: {
      open: (volumeId, sizeBytes) => {
        const delayMs = options.deviceDelayMs?.[volumeId] ?? 0;
        if (clock.now() < startedAt + delayMs) return Promise.resolve(null);
        openDevices.add(volumeId);
        return Promise.resolve({
          sizeBytes,
          read: () => Promise.resolve(),
          close: () => {
            openDevices.delete(volumeId);
            return Promise.resolve();
          },
        });
      },
    },
    preparing: prepareTransfer(userData.format, (name) =>
      Promise.resolve(name === 'strata' ? format : null),
    ),
    clock,
    random: createSeededRandom('worker'),
    signal: options.signal ?? neverAborts(),
    log: (line) => log.push(line),
  };
  return { world, engine, format, objectStore, clock, startedAt, log, openDevices };
}

/** What an engine does: waits for the hello and posts the job. */
export async function giveJob({ engine }: WorkerRig, job: WorkerJob = twoVolumes): Promise<void> {
  await engine.awaitHello(neverAborts(), 60_000);
  await engine.postJob(job);
}
