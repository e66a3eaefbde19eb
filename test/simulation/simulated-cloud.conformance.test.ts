import type { InstanceId } from '../../src/domain/identifiers.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { cloudConformance } from '../conformance/cloud.ts';
import { readContent, wordOf } from '../support/simulation/cloud/disk-content.ts';
import { createSimulatedCloud } from '../support/simulation/cloud/simulated-cloud.ts';
import { simulatedRegions } from '../support/simulation/cloud/simulated-replicas.ts';

cloudConformance('the simulated cloud', () => {
  const { cloud, disks, replicas, volumes } = createSimulatedCloud({
    now: () => systemClock.now(),
    // Not hidden at first: the suite takes what `describe` does not tell of for completed.
    snapshots: { luck: () => ({ completesInMs: 10, hiddenForMs: 0, outcome: 'completed' }) },
    replicas: { luck: () => ({ completesInMs: 10, hiddenForMs: 0, outcome: 'completed' }) },
    workers: {
      bootMs: () => 10,
      start: ({ request, ended }) => {
        if (Buffer.from(request.userData).toString() === 'end') {
          setTimeout(() => {
            ended('exit code 0');
          }, 20);
        }
        return () => undefined;
      },
    },
  });
  let instances = 0;
  return Promise.resolve({
    cloud,
    diskSizeBytes: 16 * blockSizeBytes,
    makeInstance(given) {
      instances += 1;
      const instanceId = `vm-${instances}` as InstanceId;
      const blank = (sizeBytes: number): null[] =>
        new Array<null>(sizeBytes / blockSizeBytes).fill(null);
      disks.add(
        instanceId,
        given.map(({ device, sizeBytes }) => ({ device, content: blank(sizeBytes) })),
      );
      return Promise.resolve(instanceId);
    },
    writeDisk(instanceId, device, offset, bytes) {
      disks.write(instanceId, device, offset / blockSizeBytes, wordOf(bytes));
      return Promise.resolve();
    },
    userData: { wait: Buffer.from('wait'), end: Buffer.from('end') },
    readAttached(workerId, volumeId, { offset, lengthBytes }) {
      const content = volumes.contentFor(workerId, volumeId);
      if (content === null) return Promise.reject(new Error('it is not attached'));
      const bytes = new Uint8Array(lengthBytes);
      readContent(content, offset / blockSizeBytes, bytes);
      return Promise.resolve(bytes);
    },
    otherRegion: simulatedRegions[0] ?? cloud.region,
    readReplica({ snapshotId }, { offset, lengthBytes }) {
      const found = replicas.existing.find(
        ({ description }) => description.snapshotId === snapshotId,
      );
      if (found === undefined) return Promise.reject(new Error('there is no such copy'));
      const bytes = new Uint8Array(lengthBytes);
      readContent(found.content, offset / blockSizeBytes, bytes);
      return Promise.resolve(bytes);
    },
    uuid: () => systemRandom.uuid(),
    patienceMs: 5_000,
    dispose: () => Promise.resolve(),
  });
});
