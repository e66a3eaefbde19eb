import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import { owner, tinyWorker } from './local-cloud-fixture.ts';
import { usualMachine } from '../../../src/domain/policy/worker-policy.ts';

/* `node dying-launcher.ts <cloud folder> <client token>`: launches a waiting worker, prints its id
 * and dies without a farewell. */
const [folder = '', clientToken = ''] = process.argv.slice(2);
const cloud = await openLocalCloud({
  folder,
  clock: systemClock,
  random: systemRandom,
  workerProgram: [tinyWorker],
});
const worker = await cloud.workers.launch({
  owner,
  clientToken,
  userData: Buffer.from('wait'),
  machine: usualMachine,
});
process.stdout.write(worker.workerId, () => {
  process.kill(process.pid, 'SIGKILL');
});
