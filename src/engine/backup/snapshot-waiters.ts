import type { Region } from '../../domain/identifiers.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { SnapshotWaiter } from './snapshot-waiter.ts';

/** One waiter for the snapshots of the cloud's own region, and one for the copies in each other. */
export class SnapshotWaiters {
  readonly own: SnapshotWaiter;
  readonly #context: EngineContext;
  readonly #ofRegions = new Map<Region, SnapshotWaiter>();

  constructor(context: EngineContext) {
    this.#context = context;
    const { snapshots } = context.cloud;
    this.own = new SnapshotWaiter((snapshotIds) => snapshots.describe(snapshotIds), context);
  }

  copiesIn(region: Region): SnapshotWaiter {
    const known = this.#ofRegions.get(region);
    if (known !== undefined) return known;
    const { replicas } = this.#context.cloud;
    const waiter = new SnapshotWaiter(
      (snapshotIds) => replicas.describe(region, snapshotIds),
      this.#context,
    );
    this.#ofRegions.set(region, waiter);
    return waiter;
  }
}
