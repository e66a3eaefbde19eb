import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import type { InstanceId } from '../../../src/domain/identifiers.ts';
import { isSnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { snapshotAll } from './local-cloud-fixture.ts';

/*
 * `node snapshot-creator.ts <cloud folder> <instance>`: a process that takes snapshots of the
 * instance for ever, to be killed in the middle, or that prints the code of the error that
 * stopped it.
 */
const [folder = '', instanceId = ''] = process.argv.slice(2);
const cloud = await openLocalCloud({
  folder,
  clock: systemClock,
  random: systemRandom,
  workerProgram: ['/nowhere'],
});
const instance = await cloud.instances.describe(instanceId as InstanceId);
process.stdout.write('ready\n');
try {
  for (;;) await snapshotAll(cloud, instance);
} catch (error) {
  process.stdout.write(isSnapledgerError(error) ? error.code : String(error));
}
