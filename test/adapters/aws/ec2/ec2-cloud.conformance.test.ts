import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { cloudConformance } from '../../../conformance/cloud.ts';
import { openEc2Fixture, otherRegion } from '../../../support/aws/ec2/ec2-fixture.ts';

const gib = 1024 ** 3;

cloudConformance('EC2, as its fake is,', async () => {
  const fixture = await openEc2Fixture();
  const { cloud, ec2, localFolder } = fixture;
  return {
    cloud,
    diskSizeBytes: gib,
    makeInstance: (disks) =>
      fixture.addInstance(
        disks.map(({ device, sizeBytes }) => ({ device, sizeGib: sizeBytes / gib })),
      ),
    async writeDisk(instanceId, device, offset, bytes) {
      const disk = await open(fixture.diskPath(instanceId, device), 'r+');
      await disk.write(bytes, 0, bytes.length, offset);
      await disk.close();
    },
    userData: { wait: Buffer.from('wait'), end: Buffer.from('end') },
    async readAttached(workerId, volumeId, range) {
      const machineId = ec2.world.instances.find(workerId)?.machineId;
      assert.ok(machineId !== undefined && machineId !== null);
      const name = `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
      return readRange(
        path.join(localFolder, 'workers', machineId, 'dev', 'disk', 'by-id', name),
        range,
      );
    },
    otherRegion,
    readReplica: ({ target, snapshotId }, range) =>
      readRange(path.join(localFolder, 'regions', target.region, snapshotId, 'image'), range),
    uuid: () => systemRandom.uuid(),
    patienceMs: 10_000,
    async dispose() {
      await fixture[Symbol.asyncDispose]();
    },
  };
});

async function readRange(
  file: string,
  { offset, lengthBytes }: { readonly offset: number; readonly lengthBytes: number },
): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset);
    return buffer;
  } finally {
    await handle.close();
  }
}
