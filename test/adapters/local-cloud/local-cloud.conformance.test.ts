import { open } from 'node:fs/promises';
import path from 'node:path';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { Region } from '../../../src/domain/identifiers.ts';
import { cloudConformance } from '../../conformance/cloud.ts';
import { openFixture } from '../../support/local-cloud/local-cloud-fixture.ts';

cloudConformance('the local cloud', async () => {
  const { cloud, folder, makeDisk, diskPath, dispose } = await openFixture();
  let instances = 0;
  return {
    cloud,
    diskSizeBytes: 16 * blockSizeBytes,
    async makeInstance(disks) {
      instances += 1;
      const instanceId = `vm-${instances}`;
      const volumes = disks.map(async ({ device, sizeBytes }) => ({
        device,
        imagePath: await makeDisk(diskName(instanceId, device), sizeBytes),
      }));
      return (await cloud.addInstance({ instanceId, volumes: await Promise.all(volumes) }))
        .instanceId;
    },
    async writeDisk(instanceId, device, offset, bytes) {
      const disk = await open(diskPath(diskName(instanceId, device)), 'r+');
      await disk.write(bytes, 0, bytes.length, offset);
      await disk.close();
    },
    userData: { wait: Buffer.from('wait'), end: Buffer.from('end') },
    async readAttached(workerId, volumeId, { offset, lengthBytes }) {
      const device = await open(path.join(folder, 'workers', workerId, 'devices', volumeId));
      const { buffer } = await device.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset);
      await device.close();
      return buffer;
    },
    otherRegion: 'elsewhere' as Region,
    async readReplica({ target, snapshotId }, { offset, lengthBytes }) {
      const image = await open(path.join(folder, 'regions', target.region, snapshotId, 'image'));
      const { buffer } = await image.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset);
      await image.close();
      return buffer;
    },
    uuid: () => systemRandom.uuid(),
    patienceMs: 5_000,
    async dispose() {
      await dispose();
    },
  };
});

function diskName(instanceId: string, device: string): string {
  return `${instanceId}-${path.basename(device)}.img`;
}
