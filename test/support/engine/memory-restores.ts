import type { Region } from '../../../src/domain/identifiers.ts';
import type {
  RemovedRemnant,
  RestoreRemnant,
  VolumeRestores,
} from '../../../src/ports/cloud/volume-restores.ts';

/** A FAKE of volumes that restores make, in memory: of each one also a snapshot that nobody has removed. */
export class MemoryRestores implements VolumeRestores {
  readonly existing = new Map<string, RestoreRemnant>();
  /** What is found once something else is removed. */
  readonly behind = new Map<string, RestoreRemnant>();
  /** What is in use is neither found nor removed. */
  readonly #isInUse: (resourceId: string) => boolean;

  constructor(isInUse: (resourceId: string) => boolean = () => false) {
    this.#isInUse = isInUse;
  }

  target(owner: RestoreRemnant['owner']): ReturnType<VolumeRestores['target']> {
    return {
      check: () => Promise.resolve(),
      open: ({ volumeId }) => {
        const add = (type: RestoreRemnant['type']): void => {
          const resourceId = `${type} of ${volumeId}`.replaceAll(' ', '-');
          this.existing.set(resourceId, { type, resourceId, owner });
        };
        add('snapshot');
        return Promise.resolve({
          write: () => Promise.resolve(),
          finish: () => {
            add('volume');
            const resourceId = `volume-of-${volumeId}`;
            return Promise.resolve({ location: `${resourceId} in here-1a`, resourceId });
          },
          abort: () => Promise.resolve(),
        });
      },
    };
  }

  checkPlace(): Promise<void> {
    return Promise.resolve();
  }

  ofSnapshot(): Promise<never> {
    return Promise.reject(new Error('nothing is made of snapshots here'));
  }

  find(): Promise<readonly RestoreRemnant[]> {
    const free = [...this.existing.values()].filter((one) => !this.#isInUse(one.resourceId));
    return Promise.resolve(free);
  }

  remove(_: Region, { resourceId }: Pick<RestoreRemnant, 'resourceId'>): Promise<RemovedRemnant> {
    if (this.#isInUse(resourceId)) return Promise.resolve('in-use');
    this.existing.delete(resourceId);
    const freed = this.behind.get(resourceId);
    if (freed !== undefined) this.existing.set(freed.resourceId, freed);
    this.behind.delete(resourceId);
    return Promise.resolve('removed');
  }

  left(): readonly string[] {
    return [...this.existing.values()].map(({ type }) => type).sort();
  }
}
