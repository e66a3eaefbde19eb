import type { ErrorCode } from '../../../../src/domain/errors/error-code.ts';
import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { ChangedBlocks } from '../../../../src/ports/cloud/changed-blocks.ts';
import type { Cloud } from '../../../../src/ports/cloud/cloud.ts';
import type { WorkerRequest } from '../../../../src/ports/cloud/workers.ts';
import type { SimulatedWorkers } from '../cloud/simulated-workers.ts';
import type { SimulatedProcess } from '../simulated-process.ts';

/** The cloud as one process reaches it; what a token has launched is given again, and never refused. */
export function processCloud(
  process: SimulatedProcess,
  inner: Cloud,
  fleet: Pick<SimulatedWorkers, 'hasLaunched'>,
): Cloud {
  const { instances, snapshots, replicas, volumes, workers } = inner;
  const call = <T>(what: string, effect: () => Promise<T>, refusal?: ErrorCode): Promise<T> =>
    process.call(
      refusal === undefined
        ? { port: 'cloud', what }
        : { port: 'cloud', what, refusal: new SnapledgerError(refusal, `simulated: ${what}`) },
      effect,
    );
  return {
    region: inner.region,
    instances: {
      readable: () => call('list instances', () => instances.readable()),
      describe: (id) => call(`describe ${id}`, () => instances.describe(id)),
    },
    snapshots: {
      createSet: (request) =>
        call(
          `create set ${request.setId} of ${request.instanceId}`,
          () => snapshots.createSet(request),
          'STORE_FULL',
        ),
      find: (owner) => call(`find snapshots of ${owner.sessionId}`, () => snapshots.find(owner)),
      listOf: (id) => call(`list snapshots of ${id}`, () => snapshots.listOf(id)),
      describe: (ids) => call(`describe ${ids.join(', ')}`, () => snapshots.describe(ids)),
      delete: (id) => call(`delete ${id}`, () => snapshots.delete(id), 'CLOUD_STATE_CORRUPT'),
    },
    replicas: {
      copy: (request) =>
        call(
          `copy ${request.sourceSnapshotId} to ${request.target.region}`,
          () => replicas.copy(request),
          'STORE_FULL',
        ),
      find: (region, owner) =>
        call(`find copies of ${owner.sessionId} in ${region}`, () => replicas.find(region, owner)),
      describe: (region, ids) =>
        call(`describe ${ids.join(', ')} in ${region}`, () => replicas.describe(region, ids)),
      delete: (region, id) =>
        call(`delete ${id} in ${region}`, () => replicas.delete(region, id), 'CLOUD_STATE_CORRUPT'),
      releaseSources: (ids) =>
        call(`release ${ids.join(', ')}`, () => replicas.releaseSources(ids)),
    },
    changedBlocks: processChangedBlocks(call, inner.changedBlocks),
    snapshotBlocks: {
      open: async (id, sizeBytes) => {
        const source = await call(`open ${id}`, () => inner.snapshotBlocks.open(id, sizeBytes));
        return {
          sizeBytes,
          read: (first, blockCount, into) =>
            call(
              `read blocks ${first} to ${first + blockCount - 1} of ${id}`,
              () => source.read(first, blockCount, into),
              'DISK_UNREADABLE',
            ),
          close: () => source.close(),
        };
      },
    },
    volumes: {
      create: (request) =>
        call(`create volume of ${request.snapshotId}`, () => volumes.create(request), 'STORE_FULL'),
      attach: (id, workerId) =>
        call(`attach ${id} to ${workerId}`, () => volumes.attach(id, workerId)),
      find: (owner) => call(`find volumes of ${owner.sessionId}`, () => volumes.find(owner)),
      delete: (id) => call(`delete ${id}`, () => volumes.delete(id)),
    },
    workers: {
      launch: (request) =>
        call(
          `launch ${request.clientToken}`,
          () => workers.launch(request),
          fleet.hasLaunched(request) ? undefined : refusalOf(request),
        ),
      describe: (id) => call(`describe ${id}`, () => workers.describe(id)),
      find: (owner) => call(`find workers of ${owner.sessionId}`, () => workers.find(owner)),
      terminate: (id) => call(`terminate ${id}`, () => workers.terminate(id)),
    },
    volumeRestores: null,
    instanceRestores: null,
    inAccount: null,
    volumeExchanges: null,
  };
}

function refusalOf({ machine }: WorkerRequest): ErrorCode {
  return machine.market === 'spot' ? 'SPOT_REFUSED' : 'LIMIT_EXCEEDED';
}

type CloudCall = <T>(what: string, effect: () => Promise<T>) => Promise<T>;

/** Listings can break at every page. */
function processChangedBlocks(call: CloudCall, inner: ChangedBlocks): ChangedBlocks {
  async function* paged<T>(what: string, open: () => AsyncIterable<T>): AsyncGenerator<T, void> {
    const pages = await call(what, () => Array.fromAsync(open()));
    for (const page of pages) {
      yield page;
      await call(`${what}, next page`, () => Promise.resolve());
    }
  }
  return {
    listSnapshotBlocks: (id) => paged(`list blocks of ${id}`, () => inner.listSnapshotBlocks(id)),
    listChangedBlocks: (first, second) =>
      paged(`list blocks changed from ${first} to ${second}`, () =>
        inner.listChangedBlocks(first, second),
      ),
  };
}
