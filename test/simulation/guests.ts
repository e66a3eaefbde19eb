import type { InstanceId } from '../../src/domain/identifiers.ts';
import type { BlockContent, DiskContent } from '../support/simulation/cloud/disk-content.ts';
import type { SeededPrng } from '../support/simulation/seeded-prng.ts';
import type { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const diskBlocksMax = 8;
/** Contents that a block can have: few, so that blocks are equal now and then. */
const distinctContents = 12;

/** The machines that are backed up: they write to their disks whenever they like. */
export class Guests {
  readonly #world: SimulatedWorld;
  readonly #prng: SeededPrng;

  constructor(world: SimulatedWorld, prng: SeededPrng) {
    this.#world = world;
    this.#prng = prng;
    const count = prng.chance(0.6) ? 1 : 2;
    for (let number = 1; number <= count; number += 1) {
      const devices = prng.chance(0.5) ? ['/dev/xvda'] : ['/dev/xvda', '/dev/xvdb'];
      const disks = devices.map((device) => ({ device, content: this.#anyDisk() }));
      world.disks.add(`i-${number}` as InstanceId, disks);
    }
  }

  anyInstance(): InstanceId {
    return pickFrom(this.#world.disks.instanceIds, this.#prng);
  }

  write(instanceId: InstanceId): void {
    for (const { device, content } of this.#world.disks.of(instanceId)) {
      for (let writes = this.#prng.integer(0, 3); writes > 0; writes -= 1) {
        const block = this.#prng.integer(0, content.length - 1);
        this.#world.disks.write(instanceId, device, block, this.#writtenBlock());
      }
    }
  }

  /** Grows a disk, or puts another volume in its place. */
  reshape(instanceId: InstanceId): void {
    const { device } = pickFrom(this.#world.disks.of(instanceId), this.#prng);
    if (this.#prng.chance(0.6)) {
      this.#world.disks.grow(instanceId, device, this.#prng.integer(1, 3));
      this.#world.history.note(instanceId, `${device} grows`);
    } else {
      this.#world.disks.replace(instanceId, device, this.#anyDisk());
      this.#world.history.note(instanceId, `${device} is another volume now`);
    }
  }

  #anyDisk(): DiskContent {
    return Array.from({ length: this.#prng.integer(1, diskBlocksMax) }, () =>
      this.#prng.chance(0.3) ? null : this.#writtenBlock(),
    );
  }

  #writtenBlock(): BlockContent {
    return this.#prng.integer(0, distinctContents);
  }
}

/** @throws for an empty list */
export function pickFrom<T>(list: readonly T[], prng: SeededPrng): T {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('there is nothing to pick from');
  return prng.pick([first, ...rest]);
}
