import type { Clock } from '../../../ports/clock.ts';
import type { JobPlace } from '../../../ports/job-place.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { RepositoryOptions } from '../../repository-options.ts';
import type { RepositoryKeys } from '../keys/repository-keys.ts';
import { SessionKeyring } from '../keys/session-keyring.ts';
import { MapNodeReader } from '../map/map-node-reader.ts';
import { PackSizes } from '../pack/pack-sizes.ts';
import { PointCatalog } from '../point/point-catalog.ts';

/** What everything that works on one open repository needs. Keyring, reader and catalog cache. */
export interface RepositoryContext {
  readonly objectStore: ObjectStore;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly keys: RepositoryKeys;
  readonly keyring: SessionKeyring;
  readonly nodeReader: MapNodeReader;
  readonly catalog: PointCatalog;
  /** Fresh for each use, because packs come and go. */
  readonly newPackSizes: () => PackSizes;
  /** Where records of blocks are decoded. */
  readonly place: JobPlace;
}

export function createRepositoryContext(
  { objectStore, random, clock }: Pick<RepositoryOptions, 'objectStore' | 'random' | 'clock'>,
  keys: RepositoryKeys,
  place: JobPlace = 'threads',
): RepositoryContext {
  const keyring = new SessionKeyring(objectStore, keys, random);
  return {
    objectStore,
    random,
    clock,
    keys,
    keyring,
    nodeReader: new MapNodeReader(objectStore, keys, keyring),
    catalog: new PointCatalog(objectStore, keys, clock),
    newPackSizes: () => new PackSizes(objectStore),
    place,
  };
}

/**
 * The same repository with empty caches: whoever looks for damage has to see what is stored now.
 */
export function uncachedContext(context: RepositoryContext): RepositoryContext {
  return createRepositoryContext(context, context.keys, context.place);
}
