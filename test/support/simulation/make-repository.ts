import { fakeFormat } from './fake-format/fake-format.ts';
import { createSimulatedRandom } from './seeded-prng.ts';
import type { SimulatedWorld } from './simulated-world.ts';

/** Makes the repository of a world, as a vault has one from its beginning. */
export async function makeRepository({
  objectStore,
  prng,
  scheduler,
}: SimulatedWorld): Promise<void> {
  await fakeFormat.createRepository({
    objectStore,
    secret: { kind: 'passphrase', passphrase: 'simulated' },
    random: createSimulatedRandom(prng.fork('repository')),
    clock: { now: () => scheduler.now(), sleep: (durationMs) => scheduler.after(durationMs) },
  });
}
